// The console: asks, shows the answer, follows subscriptions. Everything it loads comes from this server.
import { ask, follow } from './transport.js';
import { examples } from './examples.js';
import { Docs } from './docs.js';
import { hintsAt } from './hints.js';

const at = (id) => document.getElementById(id);
const [query, variables, answer, token, status, hints] = ['query', 'variables', 'answer', 'token', 'status', 'hints'].map(at);
let schema = null;
let following = null;

function show(value, bad) {
  answer.textContent = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  answer.classList.toggle('bad', Boolean(bad));
}

function cost(body) {
  const found = body.extensions?.cost;
  return found ? ` · cost ${found.actual} of ${found.available ?? '?'}` : '';
}

async function run() {
  stop();
  let given = {};
  try {
    given = variables.value.trim() ? JSON.parse(variables.value) : {};
  } catch (error) {
    show(`The variables are not JSON: ${error.message}`, true);
    return;
  }
  const request = { query: query.value, variables: given };
  const started = performance.now();
  try {
    if (/^\s*subscription\b/m.test(query.value.replace(/#.*$/gm, ''))) {
      following = new AbortController();
      at('stop').hidden = false;
      status.textContent = 'following';
      await follow(request, token.value, following.signal, (body) => show(body, body.errors));
      status.textContent = 'ended';
    } else {
      const { code, body } = await ask(request, token.value);
      status.textContent = `${code} · ${Math.round(performance.now() - started)} ms${cost(body)}`;
      show(body, body.errors);
    }
  } catch (error) {
    if (error.name !== 'AbortError') show(String(error), true);
  } finally {
    at('stop').hidden = true;
  }
}

function stop() {
  following?.abort();
  following = null;
}

function complete() {
  const found = schema ? hintsAt(query.value, query.selectionStart, schema) : { names: [] };
  hints.replaceChildren(...found.names.slice(0, 50).map((each, index) => {
    const item = document.createElement('li');
    item.textContent = each;
    item.setAttribute('aria-selected', index === 0);
    item.onmousedown = (event) => { event.preventDefault(); insert(each); };
    return item;
  }));
  hints.hidden = !found.names.length;
}

function insert(name) {
  const { start } = hintsAt(query.value, query.selectionStart, schema);
  query.setRangeText(name, start, query.selectionStart, 'end');
  hints.hidden = true;
  query.focus();
}

query.addEventListener('keydown', (event) => {
  if (event.key === ' ' && event.ctrlKey) { event.preventDefault(); complete(); return; }
  if (event.key === 'Escape') hints.hidden = true;
  if (hints.hidden) return;
  const items = [...hints.children];
  const chosen = items.findIndex((item) => item.getAttribute('aria-selected') === 'true');
  if (event.key === 'Enter' && !event.ctrlKey || event.key === 'Tab') { event.preventDefault(); insert(items[chosen].textContent); }
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    const next = (chosen + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length;
    items.forEach((item, index) => item.setAttribute('aria-selected', index === next));
    items[next].scrollIntoView({ block: 'nearest' });
  }
});
query.addEventListener('input', () => { if (!hints.hidden || /\w$/.test(query.value.slice(0, query.selectionStart))) complete(); });
query.addEventListener('blur', () => { hints.hidden = true; });
document.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(); });
at('run').onclick = run;
at('stop').onclick = stop;

// The token stays in this tab, and is gone when the tab is closed.
token.value = sessionStorage.getItem('token') ?? '';
token.oninput = () => sessionStorage.setItem('token', token.value);
for (const [name, text] of Object.entries(examples)) at('examples').add(new Option(name, text));
at('examples').onchange = () => { query.value = at('examples').value; };
query.value = sessionStorage.getItem('query') ?? Object.values(examples)[0];
query.addEventListener('input', () => sessionStorage.setItem('query', query.value));

const docs = new Docs(at('page'), at('trail'), at('search'));
docs.load().then((loaded) => { schema = loaded; document.body.dataset.ready = 'yes'; }, (error) => show(String(error), true));
