import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxes, placed } from '../modules/reader.js';

test('boxes that are not four numbers are left out', () => {
  assert.deepEqual(boxes('[[1,2,3,4],[1,2,3],["a",2,3,4],null]'), [[1, 2, 3, 4]]);
  assert.deepEqual([boxes(undefined), boxes('{}')], [[], []]);
});

test('a box keeps its place whatever the size of the page', () => {
  assert.deepEqual(placed([100, 200, 300, 250], 400, 1000), { left: '25.000%', top: '20.000%', width: '50.000%', height: '5.000%' });
});
