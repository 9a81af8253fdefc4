import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { packed } from '../modules/pack.js';

/** CRC-32 (ISO 3309); older versions of Node have none. @param {Buffer} bytes */
const checksum = (bytes) => {
  if (typeof crc32 === 'function') return crc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/**
 * Makes a ZIP.
 * @param {Record<string, string>} files contents by name
 */
function zip(files) {
  const parts = [];
  const list = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [raw, bytes] = [Buffer.from(name), Buffer.from(text)];
    const data = deflateRawSync(bytes);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    for (const [head, at] of /** @type {[Buffer, number][]} */ ([[local, 6], [entry, 8]])) {
      head.writeUInt16LE(0x800, at);
      head.writeUInt16LE(8, at + 2);
      head.writeUInt32LE(checksum(bytes), at + 8);
      head.writeUInt32LE(data.length, at + 12);
      head.writeUInt32LE(bytes.length, at + 16);
      head.writeUInt16LE(raw.length, at + 20);
    }
    entry.writeUInt32LE(offset, 42);
    parts.push(local, raw, data);
    list.push(entry, raw);
    offset += local.length + raw.length + data.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return new File([...parts, directory, end], 'export.zip');
}

/**
 * Returns the contents of a ZIP by its central directory.
 * @param {Blob} file
 */
async function unzip(file) {
  const bytes = Buffer.from(await file.arrayBuffer());
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  /** @type {Record<string, string>} */
  const files = {};
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 8); left > 0; left -= 1) {
    const name = bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28));
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const text = inflateRawSync(bytes.subarray(from, from + bytes.readUInt32LE(at + 20)));
    assert.equal(bytes.readUInt32LE(at + 16), checksum(text), name);
    files[name] = text.toString();
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

test('only the files with conversations remain', async () => {
  const file = zip({ 'conversations.json': '[{"title":"Grüße"}]', 'user.json': '{}', 'images/a.png': 'x'.repeat(1000), '__MACOSX/._conversations.json': '' });
  const small = await packed(file);
  assert.deepEqual(await unzip(small), { 'conversations.json': '[{"title":"Grüße"}]' });
  assert.equal(small.name, 'export.zip');
});

test('without a file of a known name, all texts remain', async () => {
  assert.deepEqual(await unzip(await packed(zip({ 'a.json': '1', 'b/c.jsonl': '2', 'voice.wav': '3' }))), { 'a.json': '1', 'b/c.jsonl': '2' });
});

test('pages remain if there are no other texts', async () => {
  assert.deepEqual(await unzip(await packed(zip({ 'Takeout/MyActivity.html': '<p>', 'photo.jpg': '1' }))), { 'Takeout/MyActivity.html': '<p>' });
});

test('a file that is no ZIP, or has no conversations, stays as it is', async () => {
  for (const file of [new File(['no ZIP'], 'a.zip'), new File([], 'empty.zip'), zip({ 'a.png': '1' })]) assert.equal(await packed(file), file);
});

test('a damaged ZIP stays as it is', async () => {
  const bytes = Buffer.from(await zip({ 'conversations.json': '[]' }).arrayBuffer());
  bytes.writeUInt32LE(0, 0);
  const damaged = new File([bytes], 'a.zip');
  assert.equal(await packed(damaged), damaged);
});
