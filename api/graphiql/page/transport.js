// How the console asks: one POST for an answer, Server-Sent Events for a subscription.
const ADDRESS = new URL('../graphql', import.meta.url);

function options(request, token, accept) {
  const headers = { 'content-type': 'application/json', accept };
  if (token) headers.authorization = `Bearer ${token.trim()}`;
  return { method: 'POST', headers, body: JSON.stringify(request), credentials: 'omit' };
}

export async function ask(request, token) {
  const response = await fetch(ADDRESS, options(request, token, 'application/graphql-response+json, application/json;q=0.9'));
  return { code: response.status, body: await response.json() };
}

export async function follow(request, token, signal, each) {
  const response = await fetch(ADDRESS, { ...options(request, token, 'text/event-stream'), signal });
  if (!response.headers.get('content-type').startsWith('text/event-stream')) {
    each(await response.json());
    return;
  }
  let waiting = '';
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    waiting += part;
    const events = waiting.split('\r\n\r\n');
    waiting = events.pop();
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event);
      if (/^event: next$/m.test(event) && data) each(JSON.parse(data[1]));
    }
  }
}
