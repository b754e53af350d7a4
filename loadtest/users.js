// Users of a dashboard: of seven requests three are for a list of companies, two for a company, one for filings, one is a search, and
// between two they think for one to three seconds. SCENARIO says how many users there are, DURATION for how long.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { SharedArray } from 'k6/data';
import { Counter, Rate, Trend } from 'k6/metrics';
import { ask, document } from './graphql.js';

const scenarios = {
  baseline: { users: 100, p95: 100 },
  normal: { users: 500, p95: 200 },
  peak: { users: 2000, p95: 500 },
  stress: { users: 5000 },
};
const scenario = scenarios[__ENV.SCENARIO];
if (!scenario) {
  throw new Error(`SCENARIO must be one of ${Object.keys(scenarios).join(', ')}`);
}
const users = Number(__ENV.USERS || scenario.users);
const duration = __ENV.DURATION || '60s';
const step = Math.max(100, users / 10); // of users, for which stress has a row each

// What users ask for. Each list is in memory once, whatever the number of users.
const subjects = {};
for (const name of ['tickers', 'words', 'sectors', 'exchanges']) {
  subjects[name] = new SharedArray(name, () => JSON.parse(open(__ENV.SUBJECTS))[name]);
}
const forms = [null, ['10-K'], ['10-Q'], ['8-K'], ['10-K', '10-Q']];

// zipf returns an element: the second is asked for half as often as the first, the third a third as often, and so on.
function zipf(list) {
  return list[Math.floor(Math.pow(list.length + 1, Math.random())) - 1];
}

const [companies, company, filings, search] = ['companies', 'company', 'filings', 'search'].map(document);
const operations = [
  { document: companies, weight: 3, variables: () => ({ sector: zipf(subjects.sectors), exchange: zipf(subjects.exchanges) }) },
  { document: company, weight: 2, variables: () => ({ ticker: zipf(subjects.tickers) }) },
  { document: filings, weight: 1, variables: () => ({ ticker: zipf(subjects.tickers), forms: zipf(forms) }) },
  { document: search, weight: 1, variables: () => ({ query: zipf(subjects.words) }) },
];
const deck = operations.flatMap((o) => Array(o.weight).fill(o));

const latency = new Trend('latency', true); // of what was answered
const turnedAway = new Trend('turned_away', true); // until those who were turned away knew
const failed = new Rate('failed'); // all but 200
const overloaded = new Counter('overloaded'); // 503
const broken = new Counter('broken'); // neither 200 nor 503: no connection, too late, or a fault

export const options = {
  scenarios: {
    users: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: scenario.p95
        ? [{ duration: '10s', target: users }, { duration, target: users }]
        : [{ duration, target: users }, { duration: '10s', target: users }],
      gracefulRampDown: '0s',
      gracefulStop: '5s',
    },
  },
  thresholds: thresholds(),
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  systemTags: ['name', 'error_code'],
};

// thresholds are those of the scenario, and some that cannot fail, which have k6 report of parts.
function thresholds() {
  const all = {};
  for (const { document } of operations) {
    all[`latency{name:${document.name}}`] = ['max>=0'];
  }
  if (scenario.p95) {
    all['latency{users:all}'] = [`p(95)<${scenario.p95}`];
    all['failed{users:all}'] = ['rate<0.01'];
    return all;
  }
  for (let n = step; n <= users; n += step) {
    all[`latency{users:${n}}`] = ['max>=0'];
    all[`turned_away{users:${n}}`] = ['max>=0'];
    all[`failed{users:${n}}`] = ['rate>=0'];
    all[`broken{users:${n}}`] = ['count>=0'];
  }
  return all;
}

// phase says how many users there are: all of them, which is what thresholds are for, or for stress how many about.
function phase() {
  const active = exec.instance.vusActive;
  if (scenario.p95) return active < users ? 'more and more' : 'all';
  return String(Math.min(users, Math.ceil(active / step) * step));
}

export default function () {
  const operation = deck[Math.floor(Math.random() * deck.length)];
  const tags = { users: phase(), name: operation.document.name };
  const read = Math.random() < 0.02;
  const answer = ask(operation.document, operation.variables(), { byText: Math.random() < 0.5, read });
  const good = answer.status === 200 && !(read && answer.body.includes('"errors":'));
  failed.add(!good, tags);
  if (good) {
    latency.add(answer.timings.duration, tags);
  } else if (answer.status === 503) {
    overloaded.add(1, tags);
    turnedAway.add(answer.timings.duration, tags);
  } else {
    broken.add(1, tags);
  }
  sleep(1 + 2 * Math.random());
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify({ scenario: __ENV.SCENARIO, users, step, duration, ...data }) };
}
