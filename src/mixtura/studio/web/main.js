// The page that `mixtura studio` serves.

import { beginPicture } from './begin.js';
import { linkOf, tokenOf } from './link.js';
import { mount } from './studio.js';
import { SAMPLE_PICTURES } from './thumbnails.js';
import { socketTransport } from './transports.js';

const address = new URL('ws', location.href).href.replace(/^http/, 'ws').split('#')[0];
mount(document.body, socketTransport(address, tokenOf(), { kept: sessionStorage }), { link: linkOf(), pictures: { begin: beginPicture, samples: SAMPLE_PICTURES } });
