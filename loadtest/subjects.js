// Writes what users ask for into the file SUBJECTS: tickers from the greatest company down, words of names, sectors, exchanges.
import { ask, document } from './graphql.js';

export const options = { vus: 1, iterations: 1, setupTimeout: '120s', summaryTrendStats: ['max'] };

const subjects = document('subjects');

export function setup() {
  const tickers = [];
  const words = {};
  const sectors = {};
  const exchanges = {};
  for (let after = null, more = true; more; ) {
    const answer = ask(subjects, { after }, { read: true });
    if (answer.status !== 200) {
      throw new Error(`${answer.status} ${answer.body}`);
    }
    const page = answer.json('data.companies');
    for (const c of page.nodes) {
      if (c.ticker) tickers.push(c.ticker);
      if (c.sector) sectors[c.sector] = true;
      if (c.exchange) exchanges[c.exchange] = true;
      words[c.name.split(' ')[0]] = true;
    }
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage;
  }
  return { tickers, words: Object.keys(words), sectors: Object.keys(sectors), exchanges: Object.keys(exchanges) };
}

export default function () {}

export function handleSummary(data) {
  return { [__ENV.SUBJECTS]: JSON.stringify(data.setup_data) };
}
