// Watches from the beginning whether the page starts, and shows one line if it does not: because it was changed on its way, because a
// part could not be loaded, or because of an error. Texts and values are in the data attributes of its element. Comments must be on their
// own lines: see `script` in `app/src/intact.rs`.
window.early = (() => {
  const { nodes, rescue, base, user, altered, held, stopped, again } =
    /** @type {HTMLScriptElement & { dataset: EarlyData }} */
    (document.currentScript).dataset;
  const texts = { altered, held, stopped };
  const root = document.documentElement;
  const ANEW = 'holdfast.anew';
  /** @type {HTMLButtonElement | null} */
  let button = null;
  let hasBegun = false;
  let isAwake = false;
  let isOver = false;
  root.dataset.page = 'starting';

  // Text that was written before the page was hydrated, or after it crashed, is restored after loading it again.
  /** @returns {HTMLTextAreaElement | null} */
  const field = () => document.querySelector('#message');
  const draftKey = () => `holdfast.draft.${user ?? 'new'}.${/\/c\/([^/]+)$/.exec(location.pathname)?.[1] ?? 'new'}`;
  const store = () => {
    try {
      const text = field()?.value;
      if (text?.trim()) localStorage.setItem(draftKey(), text);
    } catch {}
  };

  // A document that was cut off does not contain the line.
  const make = () => {
    const line = document.createElement('div');
    line.id = line.className = 'altered';
    line.role = 'alert';
    line.innerHTML = '<span></span><form><button class="link"></button></form>';
    for (const it of line.getElementsByTagName('button')) it.textContent = again;
    document.body.append(line);
    return line;
  };
  /** @param {Failure} why */
  const show = (why) => {
    const text = (document.getElementById('altered') ?? make()).firstElementChild;
    if (text) text.textContent = texts[why];
    root.dataset.page = 'failed';
  };
  const hide = () => (root.dataset.page = 'starting');

  /** @param {Failure} why */
  const stop = (why) => {
    if (isOver) return;
    isOver = true;
    show(why);
    store();
    import(rescue).then((it) => it.rescue({ base, user, draftKey, store }), () => {});
  };

  // A program that has panicked does not recover. Before hydration, the reason is a changed page, so the next page in this tab is
  // rendered anew.
  /** @param {unknown} error */
  const fail = (error) => {
    if (!(error instanceof WebAssembly.RuntimeError)) return;
    try {
      if (!isAwake) sessionStorage.setItem(ANEW, '1');
    } catch {}
    stop(isAwake ? 'stopped' : 'altered');
  };

  // A button that was pressed before hydration is pressed again after it; only the last one.
  /** @param {Event} event */
  const press = ({ target }) => (button = target instanceof Element ? target.closest('button') : null);
  addEventListener('click', press, true);

  addEventListener('click', (event) => {
    if (!(event.target instanceof Element && event.target.closest('#altered button'))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    store();
    // A damaged file may be cached for a year.
    /** @type {NodeListOf<HTMLLinkElement>} */
    const files = document.querySelectorAll('link[rel*="preload"]');
    Promise.allSettled([...files].map(({ href }) => fetch(href, { cache: 'reload' }))).then(() => location.reload());
  }, true);
  addEventListener('error', ({ target, error }) => (target instanceof Element && target.id === 'start' ? stop('held') : fail(error)), true);
  addEventListener('unhandledrejection', (event) => fail(event.reason));
  addEventListener('pagehide', () => isAwake && !isOver || store());
  const isChanged = () => (document.getElementById('start')?.getAttribute('type') ?? 'module') !== 'module';
  addEventListener('load', () => setTimeout(() => hasBegun || stop(isChanged() ? 'altered' : 'held'), 500));
  setTimeout(() => isAwake || isOver || show('held'), 20000);

  // Returns whether the document was changed on its way: counts missing nodes, and detects known insertions.
  const isAltered = () => {
    try {
      if (sessionStorage.getItem(ANEW)) return true;
    } catch {}
    const { body } = document;
    if (!body.firstElementChild?.matches('.skip') || body.querySelector('[data-cfemail], [href*="/cdn-cgi/l/email-protection"]')) return true;
    const all = document.createTreeWalker(body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
    let count = 0;
    while (all.nextNode()) {
      const { id, nodeName } =
        /** @type {Element} */
        (all.currentNode);
      if (id === 'altered') break;
      if (/^(#comment|button|div|li|section|svg)$/i.test(nodeName)) count += 1;
    }
    return count < Number(nodes);
  };

  return {
    stop,
    // Too late: the text is being sent in another way.
    begin: () => {
      if (isOver) throw new Error(altered);
      hasBegun = true;
    },
    // Returns whether the page is to be rendered anew instead of hydrated. If so, this is reported.
    isAltered: () => {
      const is = isAltered();
      if (is) {
        console.warn(altered);
        store();
        show('altered');
      } else if (!isOver) hide();
      return is;
    },
    wake: () => {
      isAwake = true;
      if (root.dataset.page === 'starting') root.dataset.page = 'started';
      removeEventListener('click', press, true);
      if (button?.isConnected) button.click();
    },
  };
})();
