// Where the page's own engine runs: in a worker made of this very script, or beside the page where none is allowed.
import {pageEngine} from './engine.js';
import {messageFromParts, messageToParts} from './wire.js';

/** What a worker does with what it is told: first {given}, then messages. */
export function serveWorker(scope) {
  let hear = null;
  scope.onmessage = ({data}) => {
    if (!data.given) return hear(data);
    hear = hearing((said) => scope.postMessage(said), data.given);
    return scope.postMessage({ready: true});
  };
}

/** The same beside the page, as a worker would be: in slices, between which the page lives. */
function workerBeside(given) {
  const worker = {onmessage: null, onerror: null, terminate: () => { worker.onmessage = null; }};
  const hear = hearing((data) => setTimeout(() => worker.onmessage?.({data})), given);
  worker.postMessage = (data) => setTimeout(() => hear(data));
  return worker;
}

/** A worker made of the text of a module; where the browser allows none, one beside the page. */
export function workerOf(text, given) {
  const face = {onmessage: null, onerror: null}, waiting = [];
  let behind = null, address = null;

  const take = (worker) => {
    behind = worker;
    worker.onmessage = (event) => face.onmessage?.(event);
    worker.onerror = (event) => face.onerror?.(event);
    for (const data of waiting.splice(0)) worker.postMessage(data);
  };
  const fallBack = () => {
    if (!behind) take(workerBeside(given));
  };
  face.postMessage = (data) => (behind ? behind.postMessage(data) : waiting.push(data));
  face.terminate = () => {
    behind?.terminate();
    if (address) URL.revokeObjectURL(address);
  };
  try {
    // No module, which a page from a file may not load: the same scope and rules, in a block.
    address = URL.createObjectURL(new Blob([`'use strict';{${text}}`], {type: 'text/javascript'}));
    const worker = new Worker(address);
    worker.onerror = fallBack;
    worker.onmessage = () => take(worker);
    worker.postMessage({given});
  } catch {
    fallBack();
  }
  return face;
}

/** What hears {head, buffers} and says the same by `post`. */
function hearing(post, given) {
  const engine = pageEngine((message) => post(messageToParts(message)), given);
  return ({head, buffers}) => {
    let message;
    try {
      message = messageFromParts(head, buffers, 'page');
    } catch (error) {
      const re = Number.isInteger(head?.seq) ? head.seq : null;
      post(messageToParts({type: 'failed', re, job: null, sentence: error.message, remedy: 'Load the page again.'}));
      return;
    }
    engine(message);
  };
}

/** What is given with the page, of its JSON: arrays are {dtype, shape, base64}. */
export function givenOf(json) {
  return JSON.parse(json, (_, value) => (value?.base64 === undefined ? value : numbersOf(value.base64)));
}

function numbersOf(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Float64Array(bytes.buffer);
}
