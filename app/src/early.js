// Watches from the beginning whether the page starts, and shows one line if it does not: because it was changed on its way, because a
// part could not be loaded, or because of an error. Texts and values are in the data attributes of its element. Comments must be on their
// own lines: see `script`.
window.early = (() => {
  const { nodes, rescue, base, user, altered, held, stopped, again } = document.currentScript.dataset;
  const says = { altered, held, stopped };
  const root = document.documentElement;
  const ANEW = 'holdfast.anew';
  let button;
  let hasBegun = false;
  let isAwake = false;
  let isOver = false;
  root.dataset.page = 'begun';

  // Text that was written before the page was hydrated, or after it crashed, is restored after loading it again.
  const field = () => document.getElementById('message');
  const draft = () => `holdfast.draft.${user ?? 'new'}.${/\/c\/([^/]+)$/.exec(location.pathname)?.[1] ?? 'new'}`;
  const keep = () => {
    try {
      if (field()?.value.trim()) localStorage.setItem(draft(), field().value);
    } catch {}
  };

  // A document that was cut off does not contain the line.
  const make = () => {
    const line = document.createElement('div');
    line.id = line.className = 'altered';
    line.role = 'alert';
    line.innerHTML = '<span></span><form><button class="link"></button></form>';
    line.querySelector('button').textContent = again;
    document.body.append(line);
    return line;
  };
  const say = (why) => {
    const line = document.getElementById('altered') ?? make();
    line.firstElementChild.textContent = says[why];
    root.dataset.page = 'told';
  };
  const unsay = () => (root.dataset.page = 'begun');

  const stop = (why) => {
    if (isOver) return;
    isOver = true;
    say(why);
    keep();
    import(rescue).then((it) => it.rescue({ base, user, draft, keep }), () => {});
  };

  // A program that has panicked does not recover. Before hydration, the reason is a changed page, so the next page in this tab is
  // rendered anew.
  const fail = (error) => {
    if (!(error instanceof WebAssembly.RuntimeError)) return;
    try {
      if (!isAwake) sessionStorage.setItem(ANEW, '1');
    } catch {}
    stop(isAwake ? 'stopped' : 'altered');
  };

  // A button that was pressed before hydration is pressed again after it; only the last one.
  const press = (event) => (button = event.target.closest('button'));
  addEventListener('click', press, true);

  addEventListener('click', (event) => {
    if (!event.target.closest('#altered button')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    keep();
    // A damaged file may be cached for a year.
    const files = [...document.querySelectorAll('link[rel*="preload"]')].map(({ href }) => fetch(href, { cache: 'reload' }));
    Promise.allSettled(files).then(() => location.reload());
  }, true);
  addEventListener('error', (event) => (event.target.id === 'start' ? stop('held') : fail(event.error)), true);
  addEventListener('unhandledrejection', (event) => fail(event.reason));
  addEventListener('pagehide', () => isAwake && !isOver || keep());
  const isChanged = () => (document.getElementById('start')?.type ?? 'module') !== 'module';
  addEventListener('load', () => setTimeout(() => hasBegun || stop(isChanged() ? 'altered' : 'held'), 500));
  setTimeout(() => isAwake || isOver || say('held'), 20000);

  // Returns whether the document was changed on its way: counts missing nodes, and detects known insertions.
  const isAltered = () => {
    try {
      if (sessionStorage.getItem(ANEW)) return true;
    } catch {}
    const { body } = document;
    if (!body.firstElementChild?.matches('.skip') || body.querySelector('[data-cfemail], [href*="/cdn-cgi/l/email-protection"]')) return true;
    const all = document.createTreeWalker(body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
    let count = 0;
    while (all.nextNode() && all.currentNode.id !== 'altered') {
      if (/^(#comment|button|div|li|section|svg)$/i.test(all.currentNode.nodeName)) count += 1;
    }
    return count < nodes;
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
        keep();
        say('altered');
      } else if (!isOver) unsay();
      return is;
    },
    wake: () => {
      isAwake = true;
      if (root.dataset.page === 'begun') root.dataset.page = 'awake';
      removeEventListener('click', press, true);
      if (button?.isConnected) button.click();
    },
  };
})();
