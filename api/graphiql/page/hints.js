// Completion: which fields may stand where the cursor is, by walking the selections before it.
import { named } from './docs.js';

const TOKEN = /"""[\s\S]*?"""|"(?:\\.|[^"\\])*"|#.*|\.\.\.|\$?[_A-Za-z]\w*|[{}()[\]:!=@|]/g;

export function hintsAt(text, cursor, schema) {
  const begun = /\w*$/.exec(text.slice(0, cursor))[0];
  const start = cursor - begun.length;
  const type = schema.types.get(typeAt(text.slice(0, start), schema));
  if (!type) return { names: [], start };
  const names = [...(type.fields ?? []).map((field) => field.name), '__typename'];
  return { names: names.filter((name) => name.toLowerCase().startsWith(begun.toLowerCase()) && name !== begun), start };
}

function typeAt(before, schema) {
  const open = [];
  let last = null;
  let root = schema.query;
  let condition = null;
  let depth = 0;
  let previous = '';
  for (const [token] of before.matchAll(TOKEN)) {
    if (token[0] === '#' || token[0] === '"') continue;
    if (token === '(' || token === '[') depth += 1;
    else if (token === ')' || token === ']') depth -= 1;
    else if (depth === 0) {
      if (token === '{') {
        open.push(open.length === 0 ? condition ?? root : condition ?? childOf(open.at(-1), last, schema));
        last = condition = null;
      } else if (token === '}') {
        open.pop();
        last = null;
      } else if (open.length === 0 && ['query', 'mutation', 'subscription'].includes(token)) root = schema[token];
      else if (previous === 'on') condition = token;
      else if (/^\w/.test(token)) last = token;
    }
    previous = token;
  }
  return depth === 0 ? open.at(-1) : null;
}

function childOf(name, field, schema) {
  const found = schema.types.get(name)?.fields?.find((each) => each.name === field);
  return found ? named(found.type) : null;
}
