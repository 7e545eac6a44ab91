// The schema's own words: types, fields and what they are for, from introspection.
import { ask } from './transport.js';

const REF = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
const QUERY = `{ __schema { queryType { name } mutationType { name } subscriptionType { name } types {
  kind name description specifiedByURL
  fields(includeDeprecated: true) { name description deprecationReason type { ${REF} }
    args { name description type { ${REF} } } }
  inputFields { name description type { ${REF} } }
  enumValues(includeDeprecated: true) { name description } interfaces { name } possibleTypes { name } } } }`;

export function written(type) {
  if (type.kind === 'NON_NULL') return `${written(type.ofType)}!`;
  return type.kind === 'LIST' ? `[${written(type.ofType)}]` : type.name;
}

export function named(type) {
  return type.ofType ? named(type.ofType) : type.name;
}

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

export class Docs {
  constructor(page, trail, search) {
    this.page = page;
    this.trail = trail;
    this.path = [];
    search.oninput = () => this.find(search.value.trim().toLowerCase());
  }

  async load() {
    const { body } = await ask({ query: QUERY }, '');
    if (body.errors) throw new Error(body.errors[0].message);
    const loaded = body.data.__schema;
    this.types = new Map(loaded.types.map((type) => [type.name, type]));
    this.roots = ['queryType', 'mutationType', 'subscriptionType'].map((root) => loaded[root]?.name).filter(Boolean);
    this.open();
    return { types: this.types, query: loaded.queryType.name, mutation: loaded.mutationType?.name,
      subscription: loaded.subscriptionType?.name };
  }

  link(name, shown = name) {
    const made = element('a', shown);
    made.tabIndex = 0;
    made.onclick = () => this.open(name);
    made.onkeydown = (event) => { if (event.key === 'Enter') this.open(name); };
    return made;
  }

  open(name) {
    const at = this.path.indexOf(name);
    this.path = name ? (at >= 0 ? this.path.slice(0, at + 1) : [...this.path, name]) : [];
    const home = element('a', 'Schema');
    home.onclick = () => this.open();
    this.trail.replaceChildren(home, ...this.path.flatMap((each) => [' › ', this.link(each)]));
    this.page.replaceChildren(...(name ? this.type(this.types.get(name)) : this.roots.map((root) => element('p', '', this.link(root)))));
  }

  type(type) {
    const parts = [element('h3', type.name), element('p', type.description ?? '')];
    const list = element('dl');
    for (const field of type.fields ?? type.inputFields ?? []) {
      list.append(element('dt', '', field.name, ': ', this.link(named(field.type), written(field.type))), element('dd', field.description ?? ''));
      for (const given of field.args ?? []) {
        list.append(element('dd', '', element('code', `${given.name}: ${written(given.type)}`), ` ${given.description ?? ''}`));
      }
    }
    for (const value of type.enumValues ?? []) list.append(element('dt', value.name), element('dd', value.description ?? ''));
    for (const other of type.possibleTypes ?? []) list.append(element('dt', '', this.link(other.name)));
    return [...parts, list];
  }

  find(text) {
    if (!text) { this.open(this.path.pop()); return; }
    const found = [];
    for (const type of this.types.values()) {
      if (type.name.startsWith('__')) continue;
      if (type.name.toLowerCase().includes(text)) found.push(element('p', '', this.link(type.name)));
      for (const field of type.fields ?? type.inputFields ?? []) {
        if (field.name.toLowerCase().includes(text)) found.push(element('p', '', this.link(type.name), `.${field.name}`));
      }
    }
    this.page.replaceChildren(...found.slice(0, 60));
  }
}
