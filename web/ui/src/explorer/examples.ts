import { post } from "./answer";
import { apiKey } from "./key";

// Example is an operation that has an answer on any data.
export interface Example {
  query: string;
  variables?: string;
}

// unknownTicker stands in the variables until it is known which symbols there are.
const unknownTicker = "TICKER";

const ofTicker = JSON.stringify({ ticker: unknownTicker }, null, 2);

// The first one has no variables: GraphiQL does not show those of the tab that it begins with.
export const examples: Example[] = [
  {
    query: `# Companies by market capitalisation, with what they filed last.
query Greatest {
  companies(first: 10, orderBy: { field: MARKET_CAP, direction: DESC }) {
    totalCount
    nodes {
      ticker
      name
      sector
      marketCap
      filings(first: 2) {
        nodes { form filedOn title }
      }
    }
  }
}
`,
  },
  {
    query: `# One company: who it is, what it filed, its latest values and which filing each is from.
query Company($ticker: String!) {
  company(ticker: $ticker) {
    name
    cik
    exchange
    industry
    formerNames
    filingSummary { count firstFiledOn lastFiledOn byForm { form count } }
    metrics(names: ["us-gaap:Revenues", "us-gaap:NetIncomeLoss", "us-gaap:Assets", "price:close"]) {
      name
      value
      unit
      date
      form
      filedOn
      accessionNumber
    }
  }
}
`,
    variables: ofTicker,
  },
  {
    query: `# A metric through time: every year that the company reported, and prices by quarter.
query ThroughTime($ticker: String!) {
  company(ticker: $ticker) {
    name
    netIncome: series(metric: "us-gaap:NetIncomeLoss", period: YEAR) {
      definition { unit label }
      points { date value }
    }
    price: series(metric: "price:close") {
      buckets(by: QUARTER) { start min max last }
    }
  }
}
`,
    variables: ofTicker,
  },
  {
    query: `# What was known on a day, and what the value was before it was restated.
query AsKnownOn($ticker: String!, $day: Date!) {
  company(ticker: $ticker) {
    name
    today: metric(name: "us-gaap:NetIncomeLoss", period: YEAR) { ...Value }
    then: metric(name: "us-gaap:NetIncomeLoss", period: YEAR, asOf: $day) { ...Value }
  }
}

fragment Value on MetricValue {
  date
  value
  unit
  filedOn
  accessionNumber
  restatements { value filedOn accessionNumber }
}
`,
    variables: JSON.stringify({ ticker: unknownTicker, day: "2020-01-01" }, null, 2),
  },
  {
    query: `# The newest annual reports of all companies.
query AnnualReports {
  filings(filter: { forms: ["10-K"] }, first: 20) {
    nodes {
      filedOn
      title
      url
      company { name ticker }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
];

// isUnfilled reports whether variables are those of an example that waits for a symbol.
export function isUnfilled(variables: string | null | undefined): variables is string {
  return examples.some((e) => e.variables !== undefined && e.variables === variables && e.variables.includes(unknownTicker));
}

// filled puts a symbol into variables that wait for one.
export function filled(variables: string, ticker: string): string {
  return variables.replaceAll(JSON.stringify(unknownTicker), JSON.stringify(ticker));
}

interface Symbols {
  greatest: { nodes: { ticker: string | null; marketCap: number | null }[] };
  newest: { nodes: { company: { ticker: string | null } }[] };
}

const symbolsQuery = `query Symbols {
  greatest: companies(first: 1, orderBy: { field: MARKET_CAP, direction: DESC }) { nodes { ticker marketCap } }
  newest: filings(first: 20, filter: { forms: ["10-K"] }) { nodes { company { ticker } } }
}`;

// findTicker returns a symbol that has an answer: that of the company with the greatest market capitalisation, or where none is
// known that of a company which filed its annual report lately. It returns null when there is none, or the server does not tell.
export async function findTicker(): Promise<string | null> {
  try {
    const { answer } = await post({ body: { query: symbolsQuery }, key: apiKey.get() });
    const found = answer?.data as Symbols | null | undefined;
    const greatest = found?.greatest.nodes[0];
    if (greatest?.ticker && greatest.marketCap !== null) return greatest.ticker;
    return found?.newest.nodes.find(({ company }) => company.ticker)?.company.ticker ?? greatest?.ticker ?? null;
  } catch {
    return null;
  }
}
