// Frames in base64 on standard input, as [sender, frame] in JSON: what wire.js makes of each, and the frame it makes again.

import { readFileSync } from 'node:fs';
import { decodeFrame, encodeFrame, TABLE } from '../../../src/mixtura/studio/web/wire.js';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const answers = asked.map(([sender, text]) => {
  const bytes = Buffer.from(text, 'base64');
  const frame = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  try {
    return { again: Buffer.from(encodeFrame(decodeFrame(frame, sender))).toString('base64') };
  } catch (error) {
    return { sentence: error.message, seq: error.seq ?? null, kind: error.constructor.name };
  }
});
console.log(JSON.stringify({ table: TABLE, answers }));
