// The one store: a state, actions that make the next, listeners, and at most one look of the views a frame.

/** A store whose next state is `reduce(state, action)`. Views are `{update(state, before)}` and are told once a frame. */
export function makeStore(first, reduce) {
  let state = first, shown = null, frame = 0, telling = false, ended = false;
  const listeners = new Map(), views = new Set(), queue = [];

  const told = (kind) => listeners.get(kind) ?? listeners.set(kind, new Set()).get(kind);

  function tell() {
    if (telling) return;
    telling = true;
    try {
      while (queue.length) {
        const [now, before, action] = queue.shift();
        for (const listener of [...told('state')]) listener(now, before, action);
      }
    } finally { telling = false; }
  }

  function draw() {
    frame = 0;
    const before = shown;
    shown = state;
    for (const view of [...views]) {
      try { view.update(shown, before); } catch (error) { console.error(error); }  // one broken view leaves the others
    }
    if (state !== shown) later();
  }

  function later() {
    if (!frame && !ended) frame = requestAnimationFrame(draw);
  }

  return {
    get state() { return state; },

    dispatch(action) {
      if (ended || !action) return state;
      const before = state;
      state = reduce(state, action);
      if (state !== before) {
        queue.push([state, before, action]);
        later();
        tell();
      }
      return state;
    },

    /** `on('state', (state, before, action) => ...)` or of another kind told by `emit`; what comes back ends it. */
    on(kind, listener) {
      told(kind).add(listener);
      return () => told(kind).delete(listener);
    },

    emit(kind, what) {
      for (const listener of [...told(kind)]) listener(what);
    },

    add(view) {
      views.add(view);
      later();
      return view;
    },

    remove: (view) => views.delete(view),

    end() {
      ended = true;
      cancelAnimationFrame(frame);
      listeners.clear();
      views.clear();
    },
  };
}
