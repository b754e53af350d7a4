import { ask } from "./ask";

// Charted is what the chart shows: values of one company through time.
export interface Charted {
  title: string;
  says: string;
  unit: string;
  query: string; // it is from
  dates: string[];
  values: (number | null)[];
}

interface Series {
  ticker: string | null;
  definition: { unit: string; label: string | null; name: string };
  columns: { dates: string[]; values: (number | null)[] };
}

const priceQuery = `query GreatestCompany {
  companies(first: 1, orderBy: { field: MARKET_CAP, direction: DESC }) {
    nodes {
      name
      series(metric: "price:close") {
        ticker
        definition { name unit label }
        columns { dates values }
      }
    }
  }
}`;

// Where there are no prices: of those who filed an annual report last, one that reports its assets.
const assetsQuery = `query NewestReports {
  filings(first: 10, filter: { forms: ["10-K"] }) {
    nodes {
      company {
        name
        series(metric: "us-gaap:Assets") {
          ticker
          definition { name unit label }
          columns { dates values }
        }
      }
    }
  }
}`;

interface Company {
  name: string;
  series: Series | null;
}

// findCompany returns what there is to be drawn; null when there is nothing. Errors are those of ask.
export async function findCompany(): Promise<Charted | null> {
  const { companies } = await ask<{ companies: { nodes: Company[] } }>(priceQuery);
  const [greatest] = companies.nodes;
  if (greatest?.series && greatest.series.columns.dates.length > 1) {
    const { series } = greatest;
    return charted(greatest.name, series, priceQuery, `Close of ${series.ticker ?? "the primary security"}, in ${series.definition.unit}`);
  }
  const { filings } = await ask<{ filings: { nodes: { company: Company }[] } }>(assetsQuery);
  for (const { company } of filings.nodes) {
    if (company.series && company.series.columns.dates.length > 1) {
      return charted(company.name, company.series, assetsQuery, `Total assets, in ${company.series.definition.unit}`);
    }
  }
  return null;
}

function charted(name: string, { definition, columns }: Series, query: string, what: string): Charted {
  const { dates, values } = columns;
  const says = `${what}: ${dates.length.toLocaleString("en")} values from ${dates[0]} to ${dates.at(-1)}, the last ` +
    `${values.at(-1)?.toLocaleString("en") ?? "none"}.`;
  return { title: name, says, unit: definition.unit, query, dates, values };
}
