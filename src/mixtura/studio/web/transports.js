// Three ways to an engine, one interface: {send(head, arrays) -> whether it went, onmessage, onstate, close}.
//
// head is {type, seq, ...fields}; onmessage is told messages of wire.js; onstate is told 'open' or 'lost', and of the
// latter {retry: seconds} or, where there is no use in trying again, {final: true}. Each greets its engine by itself.

import {TOKEN_KEPT} from './link.js';
import {freshNonce, proofOf} from './proof.js';
import {encodeFrame, decodeFrame, messageToParts, messageFromParts} from './wire.js';

const FINAL_CODES = [4401, 4403, 4429];  // a wrong token, a foreign page, too many sessions
const IDLE_CODE = 4408;  // nobody did anything for long: the next time somebody does
const LONGEST_WAIT = 30;
const STRANGER = {
  sentence: 'This page has not the token of the studio that runs.', remedy: 'Open the address that it printed.',
};
const FULL_SOCKET = 4 << 20;  // bytes that wait to leave: edits are dropped then, for newer ones follow

// A WebSocket that comes back: after 1, 2, 4 ... 30 s, with the session it had. Whoever listens there has to prove first
// that it knows the token, and never learns it from here. kept: where the token and the session's name are kept for a
// reload, such as window.sessionStorage. settings.Socket and .wait are for tests.
export function socketTransport(url, token, settings = {}) {
  const {kept = null, Socket = globalThis.WebSocket, wait = (run, s) => setTimeout(run, 1000 * s)} = settings;
  const early = [];  // what is sent before the first welcome
  const transport = {send, close, hurry, onmessage: null, onstate: null, session: kept?.getItem('mixtura-session') ?? null};
  let socket = null, open = false, welcomed = false, closed = false, idle = false, tries = 0, timer = null, nonce = '', known = false;

  function connect() {
    timer = null;
    idle = false;
    known = false;
    nonce = freshNonce();
    socket = new Socket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(encodeFrame({type: 'hello', nonce, session: transport.session}));
    socket.onmessage = ({data}) => hear(data);
    socket.onclose = ({code}) => lose(code);
  }

  function hear(data) {
    if (closed) return;
    let message;
    try {
      message = decodeFrame(data);
    } catch (error) {
      console.error('mixtura:', error.message);
      return;
    }
    if (!known) {
      greet(message);
      return;
    }
    if (message.type === 'welcome') {
      transport.session = message.session;
      kept?.setItem('mixtura-session', message.session);
      open = true;
      welcomed = true;
      tries = 0;
      transport.onstate?.('open');
    }
    transport.onmessage?.(message);
    if (message.type === 'welcome') for (const frame of early.splice(0)) socket.send(frame);
  }

  function greet(message) {  // to somebody else nothing more is said, and what it says is not heard
    known = token !== '' && message.type === 'challenge' && message.proof === proofOf(token, 'server', nonce, message.nonce);
    if (known) {
      socket.send(encodeFrame({type: 'prove', proof: proofOf(token, 'page', nonce, message.nonce)}));
      return;
    }
    close();
    kept?.removeItem(TOKEN_KEPT);  // it opens nothing any more, or should not lie where a stranger's page could read it
    transport.onmessage?.({type: 'failed', seq: 0, re: null, job: null, ...STRANGER, arrays: {}, shapes: {}});
    transport.onstate?.('lost', {final: true});
  }

  function lose(code) {
    open = false;
    if (closed) return;
    if (FINAL_CODES.includes(code)) {
      transport.onstate?.('lost', {final: true});
      return;
    }
    if (code === IDLE_CODE) {
      idle = true;
      transport.onstate?.('lost', {retry: 0});
      return;
    }
    const retry = Math.min(LONGEST_WAIT, 2 ** tries);
    tries += 1;
    timer = wait(connect, retry);
    transport.onstate?.('lost', {retry});
  }

  function send(head, arrays = {}) {
    if (idle) connect();
    if (!open && (welcomed || closed)) return false;
    if (open && head.type === 'edit' && socket.bufferedAmount > FULL_SOCKET) return false;
    const frame = encodeFrame({...head, arrays});
    if (open) socket.send(frame);
    else early.push(frame);
    return true;
  }

  function hurry() {  // the network is back, or somebody looks again: no need to wait
    if ((timer === null && !idle) || closed || globalThis.document?.visibilityState === 'hidden') return;
    clearTimeout(timer);
    connect();
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    globalThis.removeEventListener?.('online', hurry);
    globalThis.document?.removeEventListener('visibilitychange', hurry);
    socket?.close(1000);
  }

  globalThis.addEventListener?.('online', hurry);
  globalThis.document?.addEventListener('visibilitychange', hurry);
  connect();
  return transport;
}

// The model of a notebook's widget, for one of its views: custom messages {view, head} with buffers.
export function widgetTransport(model, view) {
  const transport = {send, close, onmessage: null, onstate: null, session: null};
  const hear = (content, buffers) => content.view === view && deliver(transport, content.head, buffers);

  function send(head, arrays = {}) {
    const parts = messageToParts({...head, arrays});
    model.send({view, head: parts.head}, undefined, parts.buffers.map(ownBuffer));
    return true;
  }

  function close() {
    model.off('msg:custom', hear);
    model.send({view, close: true});
  }

  model.on('msg:custom', hear);
  queueMicrotask(() => send({type: 'hello', nonce: '', session: null}));
  return transport;
}

// A worker in the page that answers {head, buffers} with the same.
export function workerTransport(worker) {
  const transport = {send, close, onmessage: null, onstate: null, session: null};

  function send(head, arrays = {}) {
    const parts = messageToParts({...head, arrays});
    worker.postMessage({head: parts.head, buffers: parts.buffers.map(ownBuffer)});
    return true;
  }

  function close() {
    worker.terminate();
  }

  worker.onmessage = ({data}) => deliver(transport, data.head, data.buffers);
  worker.onerror = () => transport.onstate?.('lost', {final: true});
  queueMicrotask(() => send({type: 'hello', nonce: '', session: null}));
  return transport;
}

function deliver(transport, head, buffers) {
  let message;
  try {
    message = messageFromParts(head, buffers);
  } catch (error) {
    console.error('mixtura:', error.message);
    return;
  }
  if (message.type === 'welcome') {
    transport.session = message.session;
    transport.onstate?.('open');
  }
  transport.onmessage?.(message);
}

// The bytes of an array and no others, though it be a part of a larger buffer.
function ownBuffer(array) {
  return array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength);
}
