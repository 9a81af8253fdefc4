// Watches from the beginning whether the page wakes, and says so in one line where it does not: changed on its way, a part of it
// held back, or stopped by an error. What it says and knows is in its element's data. No comment stands beside code: see `script`.
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

  // What was written before the page was awake, or after it stopped, is there again when it is loaded.
  const field = () => document.getElementById('message');
  const draft = () => `holdfast.draft.${user ?? 'new'}.${/\/c\/([^/]+)$/.exec(location.pathname)?.[1] ?? 'new'}`;
  const keep = () => {
    try {
      if (field()?.value.trim()) localStorage.setItem(draft(), field().value);
    } catch {}
  };

  // Where the document was cut, the line is not in it.
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

  // A program that has panicked is at its end. Before the page was awake that is because the page is not what it should be: then the
  // next one is made anew in this tab.
  const fail = (error) => {
    if (!(error instanceof WebAssembly.RuntimeError)) return;
    try {
      if (!isAwake) sessionStorage.setItem(ANEW, '1');
    } catch {}
    stop(isAwake ? 'stopped' : 'altered');
  };

  // A button that is pressed before the page is awake is pressed again when it is: its last one.
  const press = (event) => (button = event.target.closest('button'));
  addEventListener('click', press, true);

  addEventListener('click', (event) => {
    if (!event.target.closest('#altered button')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    keep();
    // What came damaged may be kept for a year.
    const files = [...document.querySelectorAll('link[rel*="preload"]')].map(({ href }) => fetch(href, { cache: 'reload' }));
    Promise.allSettled(files).then(() => location.reload());
  }, true);
  addEventListener('error', (event) => (event.target.id === 'start' ? stop('held') : fail(event.error)), true);
  addEventListener('unhandledrejection', (event) => fail(event.reason));
  addEventListener('pagehide', () => isAwake && !isOver || keep());
  const isChanged = () => (document.getElementById('start')?.type ?? 'module') !== 'module';
  addEventListener('load', () => setTimeout(() => hasBegun || stop(isChanged() ? 'altered' : 'held'), 500));
  setTimeout(() => isAwake || isOver || say('held'), 20000);

  // Whether the document is another one than was sent: what is missing is counted, and what is known to be put in.
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
    // Too late is never: what was written is being sent in another way.
    begin: () => {
      if (isOver) throw new Error(altered);
      hasBegun = true;
    },
    // Whether the page is to be made anew instead of taken over as it came. If so, that is said.
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
