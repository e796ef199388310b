// The page that is one file: its engine is this very script once more, in a worker.
import {givenOf, serveWorker, workerOf} from './inpage.js';
import {linkOf} from './link.js';
import {mount} from './studio.js';
import {workerTransport} from './transports.js';

if (typeof document === 'undefined') serveWorker(self);
else {
  for (const old of document.querySelectorAll('.mixtura-studio')) old.remove();  // of a page that a browser saved as it stood
  const text = (id) => document.getElementById(id).textContent, given = givenOf(text('given'));
  mount(document.body, workerTransport(workerOf(text('script'), given)), {link: linkOf(), settings: given.settings, alone: true});
}
