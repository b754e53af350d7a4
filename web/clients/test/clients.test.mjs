// What people's clients do with registered documents, with automatic persisted queries, and with what is refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { gql } from "@apollo/client";
import { createRequest, stringifyDocument } from "@urql/core";
import { print } from "graphql";

import { COMPANIES, COMPANY, LARGEST } from "../src/apollo/documents.js";
import route from "../src/relay/__generated__/CompanyRouteQuery.graphql.js";
import { corpintel, create, known, patience, publish, publishTexts, sha256 } from "./corpintel.mjs";
import { Apollo, Relay, Request, Urql } from "./libraries.mjs";

const built = (name) => new URL(`../build/${name}`, import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(built("apollo.json"), "utf8"));
const registered = (name) => manifest.operations.find((operation) => operation.name === name);
const idOf = (name) => registered(name).id;
const gbfp = { ticker: "GBFP" };
const unknownID = sha256("a text that nobody registered");

const keys = {};
let foreign; // id of a document of another client

before(async () => {
  keys.acme = await create("acme", "partner");
  keys.nova = await create("nova", "partner");
  keys.ana = await create("ana", "analyst");
  keys.poor = await create("poor", "partner", "--budget=200");
  await publish("acme", built("apollo.json"));
  await publish("acme", built("relay.json"));
  [foreign] = await publishTexts("nova", ["{ companies(first: 1) { totalCount } }"]);
  await publish("poor", built("apollo.json"));
  await publish("poor", built("relay.json"));
  await known(keys.poor); // the last of them
});

// wantCompany checks an answer that has the company.
function wantCompany(answer) {
  assert.equal(answer.unread, undefined, String(answer.unread));
  assert.equal(answer.code, undefined, JSON.stringify(answer));
  assert.equal(answer.data.company.name, "Gabafepel Residential, Inc.");
}

// wantOne checks that one request without a text was sent.
function wantOne(wire, method) {
  assert.equal(wire.requests.length, 1, JSON.stringify(wire.requests));
  const [{ method: sent, url, body, type }] = wire.requests;
  assert.equal(sent, method);
  assert.doesNotMatch(url + body, /"query"|[?&]query=/);
  assert.match(type, /^application\/(graphql-response\+)?json/);
}

describe("a partner calls what it registered", () => {
  for (const get of [false, true]) {
    it(`Apollo Client, ids of the manifest, ${get ? "GET" : "POST"}`, async () => {
      const client = new Apollo(keys.acme, { manifest, get });
      wantCompany(await client.ask(COMPANY, gbfp));
      wantOne(client.wire, get ? "GET" : "POST");
      const { data } = await client.ask(COMPANIES, { first: 2 });
      assert.equal(data.companies.nodes.length, 2);
      assert.equal((await client.ask(LARGEST)).data.companies.nodes.length, 3);
      assert.equal(client.wire.requests.length, 3);
    });
  }

  it("urql, ids of a build, GET", async () => {
    const [id] = await publishTexts("acme", [stringifyDocument(createRequest(COMPANY, {}).query)]);
    await settled(() => new Urql(keys.acme, { hash: async () => id }).ask(COMPANY, gbfp));
    for (const hash of [async () => id, undefined]) { // the ids that a build made, and urql's own SHA-256
      const client = new Urql(keys.acme, { hash });
      wantCompany(await client.ask(COMPANY, gbfp));
      wantOne(client.wire, "GET");
    }
  });

  it("graphql-request, documentId", async () => {
    for (const id of [idOf("Company"), `sha256:${idOf("Company")}`]) {
      const client = new Request(keys.acme, { ids: () => id });
      wantCompany(await client.ask(print(COMPANY), gbfp));
      wantOne(client.wire, "POST");
    }
  });

  it("Relay, ids of relay-compiler's map", async () => {
    assert.match(route.params.id, /^[0-9a-f]{32}$/);
    const client = new Relay(keys.acme);
    wantCompany(await client.ask(route, gbfp));
    wantOne(client.wire, "POST");
  });
});

// settled asks until there is an answer without a fault: what was published a moment ago is known to the server soon.
async function settled(ask) {
  for (const end = Date.now() + patience; ; await pause(50)) {
    const answer = await ask();
    if (answer.data) return;
    assert.ok(Date.now() < end, JSON.stringify(answer));
  }
}

describe("an analyst's client sends hashes, and the text once (APQ)", () => {
  const clients = {
    "Apollo Client, POST": [(key) => new Apollo(key), "POST"],
    "Apollo Client, GET": [(key) => new Apollo(key, { get: true }), "GET"],
    "urql, GET": [(key) => new Urql(key, { enforce: false }), "GET"],
  };
  for (const [i, [name, [make, method]]] of Object.entries(clients).entries()) {
    it(name, async (t) => {
      const query = gql(print(COMPANY).replace("query Company(", `query Apq${i}At${Date.now()}(`)); // which nobody sent before
      const client = make(keys.ana);
      for (let i = 0; i < 3; i++) wantCompany(await client.ask(query, gbfp));
      const wire = client.wire.requests;
      assert.equal(wire.length, 4, JSON.stringify(wire)); // a hash, the text, and two hashes
      const sent = wire.map(({ method, bytes, status }) => `${method} ${bytes} B: ${status}`);
      t.diagnostic(sent.join(", "));
      for (const i of [0, 2, 3]) {
        assert.equal(wire[i].method, method);
        assert.ok(wire[i].bytes < wire[1].bytes / 1.5, "the hash alone is hardly shorter than the text");
      }
    });
  }

  it("the text alone, from all of them", async () => {
    for (const client of [new Urql(keys.ana, { text: true }), new Request(keys.ana), new Apollo(keys.ana, { text: true })]) {
      const document = client instanceof Request ? print(COMPANY) : COMPANY;
      wantCompany(await client.ask(document, gbfp));
      assert.equal(client.wire.requests.length, 1);
    }
  });
});

// asking are the clients, each made with a key for one document that is called by the id, or sent as a text where there is none.
const asking = {
  "Apollo Client": (key, id) => {
    const client = new Apollo(key, id ? { manifest: { operations: [{ id, name: "Company" }] } } : { text: true });
    return () => client.ask(COMPANY, gbfp);
  },
  "Apollo Client, GET": (key, id) => {
    const client = new Apollo(key, id ? { manifest: { operations: [{ id, name: "Company" }] }, get: true } : { text: true });
    return () => client.ask(COMPANY, gbfp);
  },
  urql: (key, id) => {
    const client = new Urql(key, id ? { hash: async () => id } : { text: true });
    return () => client.ask(COMPANY, gbfp);
  },
  "graphql-request": (key, id) => {
    const client = new Request(key, id && { ids: () => id });
    return () => client.ask(print(COMPANY), gbfp);
  },
  Relay: (key, id) => {
    const client = new Relay(key);
    const params = { ...route.params, id: id ?? null, cacheID: "CompanyRoute", text: print(COMPANY) };
    return () => client.ask({ ...route, params }, gbfp);
  },
};

describe("what is refused is an error with a code in every client", () => {
  const wrong = () => keys.acme.replace(/_([^_]+)_(.)/, (_, prefix, letter) => `_${prefix}_${letter === "a" ? "b" : "a"}`);
  const refusals = {
    "unknown document": [() => [keys.acme, unknownID], "DOCUMENT_NOT_FOUND"],
    "another client's document": [() => [keys.acme, foreign], "DOCUMENT_NOT_FOUND"],
    "free text": [() => [keys.acme, undefined], "DOCUMENT_NOT_REGISTERED"],
    "wrong key": [() => [wrong(), idOf("Company")], "UNAUTHENTICATED"],
  };
  for (const [name, [given, code]] of Object.entries(refusals)) {
    for (const [library, make] of Object.entries(asking)) {
      it(`${name}: ${library}`, async () => {
        const answer = await make(...given())();
        assert.equal(answer.code, code, String(answer.unread ?? JSON.stringify(answer)));
      });
    }
  }

  for (const [library, make] of Object.entries(asking)) {
    it(`rate limited: ${library}`, async () => {
      const ask = make(keys.poor, idOf("Company"));
      let answer;
      for (let i = 0; i < 500 && answer?.code !== "RATE_LIMITED"; i++) answer = await ask();
      assert.equal(answer.code, "RATE_LIMITED", String(answer.unread ?? JSON.stringify(answer)));
      assert.ok(answer.extensions.retryAfter >= 1, JSON.stringify(answer));
    });
  }
});

describe("what was allowed is refused while clients ask", () => {
  // refused asks with all clients until all are refused, and says how long that took.
  async function refused(t, clients, code, revoke) {
    for (const ask of clients) wantCompany(await ask());
    await revoke();
    const start = performance.now();
    for (const ask of clients) {
      for (;;) {
        const answer = await ask();
        if (answer.code) {
          assert.equal(answer.code, code);
          break;
        }
        wantCompany(answer);
        assert.ok(performance.now() - start < 5_000, "still answered after 5 s"); // a second is promised; this machine is busy
      }
    }
    t.diagnostic(`refused by all ${Math.round(performance.now() - start)} ms after the command`);
  }

  it("a document that is retired", async (t) => {
    const [id] = await publishTexts("acme", [`# of this test\n${registered("Company").body}`]);
    const clients = Object.values(asking).map((make) => make(keys.acme, id));
    await settled(clients[0]);
    const today = new Date().toISOString().slice(0, 10);
    await refused(t, clients, "DOCUMENT_RETIRED", () => corpintel("documents", "retire", "--client=acme", `--on=${today}`, id));
  });

  it("a key that is revoked", async (t) => {
    const key = await create("brief", "partner");
    await publish("brief", built("apollo.json"));
    await known(key);
    const clients = Object.values(asking).map((make) => make(key, idOf("Company")));
    await settled(clients[0]);
    await refused(t, clients, "UNAUTHENTICATED", () => corpintel("client", "revoke", "--name=brief"));
  });
});

it("too many wrong keys are refused with the time to wait", async () => {
  const ask = asking["graphql-request"]("wrong", idOf("Company"));
  let answer;
  for (let i = 0; i < 40 && answer?.code !== "RATE_LIMITED"; i++) answer = await ask();
  assert.equal(answer.code, "RATE_LIMITED");
  assert.ok(answer.extensions.retryAfter >= 1, JSON.stringify(answer));
  wantCompany(await asking.urql(keys.acme, idOf("Company"))()); // a right key is never refused because of wrong ones
});
