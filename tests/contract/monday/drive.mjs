// Drives a stand-in with monday.com's own client, and says in JSON what each call came to.
// node drive.mjs <folder of @mondaydotcomorg/api> <url> <token> <ids as JSON>
import { pathToFileURL } from 'node:url';

const [folder, url, token, given] = process.argv.slice(2);
const { ApiClient } = await import(pathToFileURL(`${folder}/dist/cjs/index.js`).href).then((found) => found.default ?? found);
const ids = JSON.parse(given);
const client = new ApiClient({ token, endpoint: `${url}/v2` });
const pinned = new ApiClient({ token, endpoint: `${url}/v2`, apiVersion: '2026-10' });
const { operations } = client;

const upload = `mutation Upload($item: ID!, $file: File!) {
  add_file_to_column(item_id: $item, column_id: "papers", file: $file) { id name file_size }
}`;

const calls = {
  getMe: () => operations.getMeOp(),
  getBoardGroups: () => operations.getBoardGroupsOp({ ids: [ids.board] }),
  getBoardItems: () => operations.getBoardItemsOp({ ids: [ids.board] }),
  createItem: () => operations.createItemOp({ boardId: ids.board, groupId: 'topics', itemName: 'From the client' }),
  changeColumnValue: () =>
    operations.changeColumnValueOp({
      boardId: ids.board,
      itemId: ids.item,
      columnId: 'status',
      value: JSON.stringify({ label: 'Done' }),
    }),
  changeSimpleColumnValue: () =>
    operations.changeSimpleColumnValueOp({ boardId: ids.board, itemId: ids.item, columnId: 'text', value: 'LOT-9' }),
  changeMultipleColumnValues: () =>
    operations.changeMultipleColumnValuesOp({
      boardId: ids.board,
      itemId: ids.item,
      columnValues: JSON.stringify({ kilos: '12', due: { date: '2026-05-04' } }),
    }),
  request: () =>
    client.request('query Boards($ids: [ID!]) { boards(ids: $ids) { id name columns { id type } } }', { ids: [ids.board] }),
  rawRequest: () => pinned.rawRequest('{ complexity { before query after } version { kind value } }'),
  override: () => client.request('{ version { value } }', undefined, { versionOverride: '2026-07', timeoutMs: 20000 }),
  upload: () => client.request(upload, { item: ids.item, file: new File(['by the client\n'], 'client.txt', { type: 'text/plain' }) }),
  refused: () => client.request('mutation { create_item(board_id: 5, item_name: "x") { id } }'),
};

const found = {};
for (const [name, call] of Object.entries(calls)) {
  try {
    found[name] = { answer: await call() };
  } catch (error) {
    found[name] = { error: error.response?.errors?.[0]?.extensions?.code ?? String(error) };
  }
}
console.log(JSON.stringify(found));
