// The socket that comes back: how long it waits, what it says, and when it gives up.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import test from 'node:test';
import { socketTransport, widgetTransport, workerTransport } from '../../../src/mixtura/studio/web/transports.js';
import { freshNonce, proofOf, sha256 } from '../../../src/mixtura/studio/web/proof.js';
import { decodeFrame, encodeFrame, messageFromParts, messageToParts } from '../../../src/mixtura/studio/web/wire.js';

const WELCOME = {
  type: 'welcome', session: 's1', engine: 'server', can: ['fit'], samples: [], limits: {}, source: null, first: false, job: null,
};

class FakeSocket {
  static all = [];
  bufferedAmount = 0;
  sent = [];
  constructor(url) { this.url = url; FakeSocket.all.push(this); }
  send(frame) { this.sent.push(decodeFrame(frame, 'page')); }
  close() { this.closed = true; }
  hear(message) { this.onmessage({ data: encodeFrame(message) }); }
  challenge(token = 'tok', nonce = 'of-the-server') {
    this.onopen();
    this.hear({ type: 'challenge', nonce, proof: proofOf(token, 'server', this.sent[0].nonce, nonce) });
  }
  welcome() { this.challenge(); this.hear(WELCOME); }
}

function begun() {
  FakeSocket.all = [];
  const waits = [], states = [], heard = [];
  const store = new Map([['mixtura-token', 'tok']]);
  const kept = { getItem: (name) => store.get(name) ?? null, setItem: (name, value) => store.set(name, value), removeItem: (name) => store.delete(name) };
  const transport = socketTransport('ws://x/ws', 'tok', { kept, Socket: FakeSocket, wait: (run, s) => { waits.push(s); run(); return 1; } });
  transport.onstate = (state, more) => states.push([state, more?.retry ?? more?.final ?? null]);
  transport.onmessage = (message) => heard.push(message.type);
  return { store, transport, waits, states, heard, last: () => FakeSocket.all.at(-1) };
}

test('what is said early waits for the welcome, and the session is asked for again', () => {
  const { transport, states, heard, last } = begun();
  assert.equal(transport.send({ type: 'pause', seq: 1, job: 3 }), true);
  last().welcome();
  assert.deepEqual(last().sent.map((message) => message.type), ['hello', 'prove', 'pause']);
  assert.equal(last().sent[0].session, null);
  assert.equal(last().sent[1].proof, proofOf('tok', 'page', last().sent[0].nonce, 'of-the-server'));
  last().onclose({ code: 1006 });
  assert.equal(transport.send({ type: 'pause', seq: 2, job: 3 }), false, 'lost');
  last().welcome();
  assert.equal(last().sent[0].session, 's1');
  assert.equal(last().sent.length, 2);
  assert.deepEqual(states, [['open', null], ['lost', 1], ['open', null]]);
  assert.deepEqual(heard, ['welcome', 'welcome']);
});

test('who does not know the token hears a nonce, and is not heard', () => {
  let before = null;
  for (const impostor of [
    (socket) => socket.challenge('another'), (socket) => { socket.onopen(); socket.hear(WELCOME); },
    (socket) => { socket.onopen(); socket.hear(before); }, // what the studio said to another page, or before
    (socket) => { socket.onopen(); socket.hear({ type: 'challenge', nonce: 'n', proof: proofOf('tok', 'page', socket.sent[0].nonce, 'n') }); },
    (socket) => { socket.onopen(); socket.hear({ type: 'failed', job: null, sentence: 'Give me your token.', remedy: '' }); },
  ]) {
    const { store, transport, states, heard, last } = begun(), said = [];
    last().welcome();
    before = { type: 'challenge', nonce: 'of-the-server', proof: proofOf('tok', 'server', last().sent[0].nonce, 'of-the-server') };
    last().onclose({ code: 1006 }); // killed, and somebody else listens there
    transport.onmessage = (message) => said.push(message.sentence);
    assert.deepEqual(heard, ['welcome']);
    impostor(last());
    last().hear(WELCOME);
    assert.deepEqual(last().sent.map((message) => message.type), ['hello']);
    assert.equal(JSON.stringify(last().sent).includes('tok'), false);
    assert.deepEqual([said, states.at(-1), last().closed], [['This page has not the token of the studio that runs.'], ['lost', true], true]);
    assert.equal(store.has('mixtura-token'), false, 'nor can a page of theirs read it');
    assert.equal(transport.send({ type: 'pause', seq: 1, job: 3 }), false);
  }
  assert.notEqual(freshNonce(), freshNonce());
});

test('proofs are those of RFC 4231 and FIPS 180', () => {
  const hex = (bytes) => Buffer.from(bytes).toString('hex'), bytes = (text) => new TextEncoder().encode(text);
  for (const length of [0, 3, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const given = bytes('abc'.repeat(400).slice(0, length));
    assert.equal(hex(sha256(given)), createHash('sha256').update(given).digest('hex'), `${length} bytes`);
  }
  for (const token of ['', 'tok', 'ü'.repeat(32), 'x'.repeat(100)]) {
    assert.equal(proofOf(token, 'page', 'a', 'b'), createHmac('sha256', token).update('page\na\nb').digest('hex'));
  }
});

test('it waits longer each time, 30 s at most, and begins anew once it was welcome', () => {
  const { waits, last } = begun();
  for (let i = 0; i < 7; i += 1) last().onclose({ code: 1006 });
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30]);
  last().welcome();
  last().onclose({ code: 1012 });
  assert.equal(waits.at(-1), 1);
});

test('a page that is refused does not knock again, one that is closed neither', () => {
  for (const code of [4401, 4429]) {
    const { waits, states, last } = begun();
    last().onclose({ code });
    assert.deepEqual([waits, states], [[], [['lost', true]]]);
  }
  const { transport, waits, last } = begun();
  transport.close();
  last().onclose({ code: 1000 });
  assert.deepEqual([waits, last().closed], [[], true]);
});

test('a page that was idle comes back when somebody does something', () => {
  const { transport, waits, last } = begun();
  last().welcome();
  last().onclose({ code: 4408 });
  assert.equal(waits.length, 0);
  const before = FakeSocket.all.length;
  assert.equal(transport.send({ type: 'pause', seq: 1, job: 3 }), false);
  assert.equal(FakeSocket.all.length, before + 1);
});

test('edits are left out while the socket is full, other messages are not', () => {
  const { transport, last } = begun();
  last().welcome();
  last().bufferedAmount = 1e9;
  const arrays = { weights: Float64Array.of(1), means: Float64Array.of(0, 0), factors: Float64Array.of(1, 0, 0, 1) };
  assert.equal(transport.send({ type: 'edit', seq: 1, revision: 1 }, arrays), false);
  assert.equal(transport.send({ type: 'stop', seq: 2, job: 1 }), true);
  assert.equal(last().sent.at(-1).type, 'stop');
});

test('a widget and a worker carry the same messages', async () => {
  const sent = [], listeners = [];
  const model = { send: (content, _, buffers) => sent.push([content, buffers]), on: (_, run) => listeners.push(run), off: () => listeners.pop() };
  const transport = widgetTransport(model, 'view-1'), heard = [];
  transport.onmessage = (message) => heard.push(message.session);
  await null;
  assert.deepEqual([sent[0][0].view, sent[0][0].head.type], ['view-1', 'hello']);
  const { head, buffers } = messageToParts(WELCOME);
  listeners[0]({ view: 'another', head }, buffers);
  listeners[0]({ view: 'view-1', head }, buffers);
  assert.deepEqual(heard, ['s1']);
  const whole = new Float64Array([9, 1, 9]);
  transport.send({ type: 'edit', seq: 1, revision: 1 }, { weights: whole.subarray(1, 2), means: Float64Array.of(0), factors: Float64Array.of(1) });
  const again = messageFromParts(sent[1][0].head, sent[1][1], 'page');
  assert.deepEqual([...again.arrays.weights], [1], 'a part of an array goes without the rest');
  transport.close();
  assert.deepEqual([sent.at(-1)[0], listeners.length], [{ view: 'view-1', close: true }, 0]);

  const posted = [], worker = { postMessage: (data) => posted.push(data), terminate: () => posted.push('ended') };
  const other = workerTransport(worker), states = [];
  other.onstate = (state) => states.push(state);
  await null;
  worker.onmessage({ data: messageToParts(WELCOME) });
  other.close();
  assert.deepEqual([posted[0].head.type, posted.at(-1), states], ['hello', 'ended', ['open']]);
});
