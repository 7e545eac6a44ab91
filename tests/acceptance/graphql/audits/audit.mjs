// Runs the audits of graphql-http against one address and prints one line of JSON for each.
import { serverAudits } from 'graphql-http';

const [, , url, token] = process.argv;
const fetchFn = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } });

for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ id, name, status, reason }));
}
