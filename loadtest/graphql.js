// How the scripts ask: documents that the client registered, by their ids.
import http from 'k6/http';
import { sha256 } from 'k6/crypto';

const url = __ENV.GRAPHQL_URL;
const key = __ENV.CLIENT_KEY;

// document returns a registered document.
export function document(name) {
  const text = open(`documents/${name}.graphql`);
  return { name, text, id: sha256(text, 'hex') };
}

// ask asks for a document: by a GET of its id, or by a POST of its text, as dashboards do that were built before ids were known.
export function ask(document, variables, { byText = false, tags = {}, read = false } = {}) {
  const options = {
    headers: { 'X-API-Key': key },
    tags: { name: document.name, ...tags },
    responseType: read ? 'text' : 'none',
  };
  if (byText) {
    options.headers['Content-Type'] = 'application/json';
    return http.post(url, JSON.stringify({ query: document.text, variables }), options);
  }
  return http.get(`${url}/d/${document.id}?variables=${encodeURIComponent(JSON.stringify(variables))}`, options);
}
