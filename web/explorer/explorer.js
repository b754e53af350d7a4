"use strict";

// Queries that work on any data: those about one company take its ticker from the variables, which are filled with the
// greatest company's when the page is loaded.
const examples = [
  {
    name: "One company",
    query: `query Company($ticker: String!) {
  company(ticker: $ticker) {
    name cik exchange country
    sector industry marketCap
    filingSummary { count firstFiledOn lastFiledOn }
    filings(first: 5) {
      nodes { form filedOn title accessionNumber }
    }
  }
}`,
    variables: { ticker: "" },
  },
  {
    name: "Greatest companies",
    query: `query Greatest {
  companies(first: 10, orderBy: { field: MARKET_CAP, direction: DESC }) {
    totalCount
    nodes { ticker name marketCap }
    pageInfo { hasNextPage endCursor }
  }
}`,
  },
  {
    name: "Search by name or ticker",
    query: `query Search($text: String!) {
  searchCompanies(query: $text, first: 10) {
    nodes { ticker name formerNames }
  }
}`,
    variables: { text: "a" },
  },
  {
    name: "Latest values of a company",
    query: `query Latest($ticker: String!) {
  company(ticker: $ticker) {
    name
    metrics(names: ["us-gaap:NetIncomeLoss", "us-gaap:Assets", "price:close"]) {
      name value unit date form filedOn
    }
  }
}`,
    variables: { ticker: "" },
  },
  {
    name: "A metric through time",
    query: `query Series($ticker: String!, $metric: String!) {
  company(ticker: $ticker) {
    name
    series(metric: $metric, period: YEAR) {
      definition { name unit period label }
      points { date value }
    }
  }
}`,
    variables: { ticker: "", metric: "us-gaap:NetIncomeLoss" },
  },
  {
    name: "Newest annual reports",
    query: `query AnnualReports {
  filings(filter: { forms: ["10-K"] }, first: 10) {
    nodes { filedOn title company { name ticker } }
  }
}`,
  },
];

const $ = (id) => document.getElementById(id);

// element makes an element with properties and children; text is never read as HTML.
function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

async function ask(body) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  return { response, text: await response.text() };
}

function say(text, bad = false) {
  $("status").textContent = text;
  $("status").className = bad ? "bad" : "";
}

async function run() {
  if ($("run").disabled) return;
  let variables;
  try {
    variables = JSON.parse($("variables").value.trim() || "{}");
  } catch (e) {
    say("The variables are not JSON", true);
    $("result").textContent = String(e.message);
    return;
  }
  $("run").disabled = true;
  say("Running …");
  const start = performance.now();
  try {
    const { response, text } = await ask({ query: $("query").value, variables });
    const took = Math.round(performance.now() - start);
    let failed = !response.ok;
    let shown = text;
    try {
      const answer = JSON.parse(text);
      failed ||= Boolean(answer.errors);
      shown = JSON.stringify(answer, null, 2);
    } catch { /* shown as it came */ }
    $("result").textContent = shown;
    const size = new Blob([text]).size.toLocaleString("en");
    say(`${failed ? "Errors" : "OK"}, ${response.status}, ${took} ms, ${size} bytes`, failed);
  } catch (e) {
    say("The server cannot be reached", true);
    $("result").textContent = String(e.message);
  } finally {
    $("run").disabled = false;
  }
}

function show(example) {
  $("query").value = example.query;
  $("variables").value = example.variables ? JSON.stringify(example.variables, null, 2) : "";
}

// fillTicker puts a symbol that exists into the examples.
async function fillTicker() {
  const { text } = await ask({
    query: "{ companies(first: 1, orderBy: { field: MARKET_CAP, direction: DESC }) { nodes { ticker } } }",
  });
  const ticker = JSON.parse(text).data?.companies.nodes[0]?.ticker;
  if (!ticker) return;
  for (const { variables } of examples) {
    if (variables && "ticker" in variables) variables.ticker = ticker;
  }
}

const introspection = `{
  __schema {
    queryType { name }
    types {
      kind name description
      fields { name description type { ...T } args { name description defaultValue type { ...T } } }
      inputFields { name description defaultValue type { ...T } }
      enumValues { name description }
    }
  }
}
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

// typeText returns a type as the schema writes it, and the name that stands in it.
function typeText(type) {
  if (type.kind === "NON_NULL") {
    const { text, name } = typeText(type.ofType);
    return { text: text + "!", name };
  }
  if (type.kind === "LIST") {
    const { text, name } = typeText(type.ofType);
    return { text: `[${text}]`, name };
  }
  return { text: type.name, name: type.name };
}

function typeLink(type) {
  const { text, name } = typeText(type);
  const link = element("a", { href: "#type-" + name, textContent: text });
  link.addEventListener("click", () => {
    $("search").value = "";
    filterTypes();
    $("type-" + name).open = true;
  });
  return link;
}

// prose returns the nodes of a description, in which `code` stands between backticks.
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 === 0 ? part : element("code", {}, part)));
}

function signature(field) {
  const term = element("dt", {}, field.name);
  const args = field.args ?? [];
  args.forEach((argument, i) => {
    term.append(i === 0 ? "(" : ", ", argument.name, ": ", typeLink(argument.type));
    if (argument.defaultValue) term.append(" = ", argument.defaultValue);
  });
  if (args.length > 0) term.append(")");
  if (field.type) term.append(": ", typeLink(field.type));
  return term;
}

function typeEntry(type) {
  const kind = type.kind.toLowerCase().replace("_", " ");
  const entry = element("details", { id: "type-" + type.name },
    element("summary", {}, type.name, element("small", {}, kind)));
  if (type.description) entry.append(element("p", {}, ...prose(type.description)));
  const members = type.fields ?? type.inputFields ?? type.enumValues ?? [];
  if (members.length > 0) {
    const list = element("dl", {});
    for (const member of members) {
      list.append(signature(member));
      if (member.description) list.append(element("dd", {}, ...prose(member.description)));
    }
    entry.append(list);
  }
  entry.dataset.words = [type.name, ...members.map((m) => m.name)].join(" ").toLowerCase();
  return entry;
}

function filterTypes() {
  const wanted = $("search").value.trim().toLowerCase();
  for (const entry of $("types").querySelectorAll("details")) {
    entry.hidden = wanted !== "" && !entry.dataset.words.includes(wanted);
  }
}

async function showSchema() {
  const { text } = await ask({ query: introspection });
  const schema = JSON.parse(text).data.__schema;
  const rank = (type) => (type.name === schema.queryType.name ? 0 : 1);
  const types = schema.types
    .filter((type) => !type.name.startsWith("__"))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en"));
  $("types").replaceChildren(...types.map(typeEntry));
  $("types").firstElementChild.open = true;
}

function start() {
  for (const [i, { name }] of examples.entries()) {
    $("examples").append(element("option", { value: String(i), textContent: name }));
  }
  const choose = () => show(examples[Number($("examples").value)]);
  choose();
  $("examples").addEventListener("change", choose);
  $("run").addEventListener("click", run);
  $("search").addEventListener("input", filterTypes);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
  const untouched = $("variables").value;
  fillTicker()
    .then(() => {
      if ($("variables").value === untouched && $("examples").value === "0") choose();
    })
    .catch(() => {}) // the run tells what is wrong
    .then(run);
  showSchema().catch(() => { $("types").textContent = "The schema could not be loaded."; });
}

start();
