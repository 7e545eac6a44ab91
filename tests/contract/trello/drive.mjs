// Drives a stand-in with trello.js, whose models check every reply, and says in JSON what each call came to.
// node drive.mjs <folder of trello.js> <url> <key> <token> <ids as JSON>
import { pathToFileURL } from 'node:url';

const [folder, host, apiKey, apiToken, given] = process.argv.slice(2);
const { createTrelloClient } = await import(pathToFileURL(`${folder}/dist/index.js`).href);
const trello = createTrelloClient({ host: `${host}/1`, apiKey, apiToken });
const ids = JSON.parse(given);
const board = { id: ids.board };
const card = { id: ids.card };

const calls = {
  getMember: () => trello.members.getMember({ id: 'me' }),
  getMemberBoards: () => trello.members.getMemberBoards({ id: 'me' }),
  getMemberOrganizations: () => trello.members.getMemberOrganizations({ id: 'me' }),
  getOrganization: () => trello.organizations.getOrganization({ id: ids.organization }),
  getBoard: () => trello.boards.getBoard(board),
  getBoardLists: () => trello.boards.getBoardLists(board),
  getBoardCards: () => trello.boards.getBoardCards(board),
  getBoardActions: () => trello.boards.getBoardActions({ boardId: ids.board, id: ids.board }),
  getBoardLabels: () => trello.boards.getBoardLabels(board),
  getBoardChecklists: () => trello.boards.getBoardChecklists(board),
  getBoardCustomFields: () => trello.boards.getBoardCustomFields(board),
  getBoardMemberships: () => trello.boards.getBoardMemberships(board),
  getBoardMembers: () => trello.boards.getBoardMembers(board),
  getCard: () => trello.cards.getCard(card),
  getCardChecklists: () => trello.cards.getCardChecklists(card),
  getCardStickers: () => trello.cards.getCardStickers(card),
  getCardMembersVoted: () => trello.cards.getCardMembersVoted(card),
  getCardAttachments: () => trello.cards.getCardAttachments(card),
  getCardCustomFieldItems: () => trello.cards.getCardCustomFieldItems(card),
  createCard: () => trello.cards.createCard({ idList: ids.list, name: 'From trello.js', pos: 'top' }),
  updateCard: () => trello.cards.updateCard({ id: ids.card, name: 'Changed by trello.js', idList: ids.other_list }),
  createCardComment: () => trello.cards.createCardComment({ id: ids.card, text: 'Hello' }),
  createChecklist: () => trello.checklists.createChecklist({ idCard: ids.card, name: 'Steps' }),
  createLabel: () => trello.labels.createLabel({ idBoard: ids.board, name: 'js', color: 'red' }),
  createList: () => trello.lists.createList({ idBoard: ids.board, name: 'js' }),
  createBoard: () => trello.boards.createBoard({ name: 'js', defaultLists: false }),
  getToken: () => trello.tokens.getToken({ token: apiToken }),
  deleteCard: () => trello.cards.deleteCard({ id: ids.plain_card }),
};

const found = {};
for (const [name, call] of Object.entries(calls)) {
  try {
    await call();
    found[name] = [];
  } catch (error) {
    found[name] = error.issues
      ? error.issues.map((issue) => `${issue.path.at(-1)}: ${issue.message}`)
      : [String(error)];
  }
}
console.log(JSON.stringify(found));
