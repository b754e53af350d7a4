// The operation of a page that uses Relay. relay-compiler makes its artifact and its entry in the map of ids and texts.
import relay from "relay-runtime";

const { graphql } = relay;

export const query = graphql`
  query CompanyRouteQuery($ticker: String!) {
    company(ticker: $ticker) {
      name
      sector
    }
  }
`;
