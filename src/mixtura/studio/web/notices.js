// What went wrong or is going on, as a sentence and a remedy, in the time strip; the document stays as it is.

import { el, say } from './dom.js';
import { wordButton } from './icons.js';

const QUIET_NOTICE = 6000;  // ms that a note stays which asks for nothing

/**
 * Notices: `state.notice` {sentence, remedy, bad, actions?: [{words, act}]}, and the link to the engine while it is lost.
 */
export function notices(app) {
  const dot = el('i'), words = el('span'), clockWords = el('span', { 'aria-hidden': 'true' });  // seconds are not read out
  const text = el('p', {}, words, clockWords), acts = el('span', { class: 'acts' });
  const box = el('div', { class: 'notice' }, dot, text, acts);
  const place = el('div', { class: 'notices', role: 'status', 'aria-live': 'polite' });
  let shown = null, retry = null, clock = 0, timer = 0;
  app.host.append(place);

  const forget = () => app.dispatch({ type: 'notice', notice: null });

  app.on('link', (link) => {
    clearInterval(clock);
    retry = link.link === 'lost' ? { at: Date.now() + 1000 * (link.retry ?? 0), final: Boolean(link.final) } : null;
    if (retry && !retry.final) clock = setInterval(show, 1000);
    show();
  });

  /** The notice there is to show; that of the lost link gives way to a newer one. */
  function wanted() {
    if (app.state.notice) return app.state.notice;
    if (app.state.link !== 'lost' || !retry) return null;
    if (retry.final) {
      return { sentence: 'This page may not speak with the studio any more.', remedy: 'Start it again and open the address that it prints.', bad: true, key: 'final' };
    }
    const seconds = Math.max(0, Math.round((retry.at - Date.now()) / 1000));
    return { sentence: 'The computer’s side is gone. Look, edit and save the model as before; fits wait.',
      clock: seconds ? ` Trying again in ${seconds} s.` : ' Trying again.', bad: false, key: 'lost' };
  }

  function show() {
    const notice = wanted();
    if (!notice) {
      place.replaceChildren();
      shown = null;
      return;
    }
    say(words, [notice.sentence, notice.remedy].filter(Boolean).join(' '));
    say(clockWords, notice.clock ?? '');
    if (shown === notice || (notice.key && shown?.key === notice.key)) return;
    shown = notice;
    dot.className = notice.bad ? '' : 'quiet';
    box.setAttribute('role', notice.bad ? 'alert' : 'none');
    const buttons = (notice.actions ?? []).map(({ words: label, act }) => wordButton(null, label, () => {
      forget();
      act();
    }));
    if (notice.key === 'lost') buttons.push(wordButton(null, 'Try now', () => app.hurry()));
    else if (!notice.key) buttons.push(wordButton(null, 'Close', forget, { class: 'plain dismiss' }));
    acts.replaceChildren(...buttons);
    place.replaceChildren(box);
    clearTimeout(timer);
    if (!notice.bad && !notice.key && !notice.actions?.length) timer = setTimeout(() => app.state.notice === notice && forget(), QUIET_NOTICE);
  }

  return {
    update(state, before) { if (!before || state.notice !== before.notice || state.link !== before.link) show(); },
    destroy() {
      clearInterval(clock);
      clearTimeout(timer);
    },
  };
}
