// The clients, each as its documentation sets it up. A client is made with a key, and asks with what its library knows of
// persisted documents; what comes back is the same for all: {data}, or {code, extensions} of the first error that the library
// found in the answer, or {unread} where it found none.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { ClientError, GraphQLClient } from "graphql-request";
import relay from "relay-runtime";

import { sha256, url, Wire } from "./corpintel.mjs";

const failed = (error, errors) => {
  const extensions = errors?.[0]?.extensions;
  return extensions?.code ? { code: extensions.code, extensions } : { unread: error };
};

// Apollo asks with Apollo Client. manifest has the ids of documents, without one they are hashed (APQ); text sends texts only.
export class Apollo {
  wire = new Wire();

  constructor(key, { manifest, get = false, text = false } = {}) {
    const http = new HttpLink({ uri: url, fetch: this.wire.fetch, headers: { authorization: `Bearer ${key}` } });
    const options = manifest ? generatePersistedQueryIdsFromManifest({ loadManifest: async () => manifest }) : { sha256 };
    const link = text ? http : ApolloLink.from([new PersistedQueryLink({ ...options, useGETForHashedQueries: get }), http]);
    this.client = new ApolloClient({ link, cache: new InMemoryCache() });
  }

  async ask(query, variables) {
    try {
      const { data } = await this.client.query({ query, variables, fetchPolicy: "network-only" });
      return { data };
    } catch (error) {
      return failed(error, CombinedGraphQLErrors.is(error) ? error.errors : undefined);
    }
  }
}

// Urql asks with urql: documents by GET and by the ids that hash gives them.
export class Urql {
  wire = new Wire();

  constructor(key, { hash, enforce = true, text = false } = {}) {
    const persisted = persistedExchange({
      preferGetForPersistedQueries: "force", enforcePersistedQueries: enforce, generateHash: hash,
    });
    this.client = new Client({
      url, fetch: this.wire.fetch, fetchOptions: { headers: { authorization: `Bearer ${key}` } }, preferGetMethod: false,
      exchanges: text ? [fetchExchange] : [persisted, fetchExchange],
    });
  }

  async ask(query, variables) {
    const { data, error } = await this.client.query(query, variables ?? {}).toPromise();
    return error ? failed(error, error.graphQLErrors) : { data };
  }
}

// Request asks with graphql-request, which knows no persisted documents: a middleware puts the id in the place of the text.
export class Request {
  wire = new Wire();

  constructor(key, { ids } = {}) {
    const requestMiddleware = (request) => {
      if (!ids) return request;
      const { query, ...rest } = JSON.parse(request.body);
      return { ...request, body: JSON.stringify({ documentId: ids(query), ...rest }) };
    };
    this.client = new GraphQLClient(url, { fetch: this.wire.fetch, headers: { "x-api-key": key }, requestMiddleware });
  }

  async ask(query, variables) {
    try {
      return { data: await this.client.request(query, variables) };
    } catch (error) {
      return failed(error, error instanceof ClientError ? error.response.errors : undefined);
    }
  }
}

// Relay asks with Relay, whose network is a function that the application writes, as in Relay's guide.
export class Relay {
  wire = new Wire();

  constructor(key) {
    const { Environment, Network, RecordSource, Store } = relay;
    const network = Network.create(async ({ id, text }, variables) => {
      const response = await this.wire.fetch(url, {
        method: "POST", headers: { "content-type": "application/json", "x-api-key": key },
        body: JSON.stringify(id ? { id, variables } : { query: text, variables }),
      });
      return response.json();
    });
    this.environment = new Environment({ network, store: new Store(new RecordSource()) });
  }

  async ask(artifact, variables) {
    try {
      return { data: await relay.fetchQuery(this.environment, artifact, variables ?? {}).toPromise() };
    } catch (error) {
      return failed(error, error.source?.errors);
    }
  }
}
