import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv, fileName } from '../modules/blocks.js';

test('a block is saved under the name of its file, or by its language', () => {
  assert.equal(fileName('src/app.js', 'js'), 'app.js');
  assert.equal(fileName('js', 'js'), 'code.js');
  assert.equal(fileName('rust', 'rust'), 'code.rs');
  assert.equal(fileName('', ''), 'code.txt');
  assert.equal(fileName('objective-c', 'objective-c'), 'code.txt');
});

test('a table becomes CSV that a spreadsheet reads as it is meant', () => {
  assert.equal(csv([['a', 'b'], ['1,5', 'say "hi"']]), 'a,b\r\n"1,5","say ""hi"""\r\n');
  assert.equal(csv([['two\nlines', '-1.5', '-']]), '"two\nlines",-1.5,\-\r\n');
  assert.equal(csv([['=1+1', '@a', '+49 40']]), "'=1+1,'@a,'+49 40\r\n");
});
