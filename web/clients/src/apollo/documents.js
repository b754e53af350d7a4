// The operations of a partner's page that uses Apollo Client. @apollo/generate-persisted-query-manifest finds them here.
import { gql } from "@apollo/client";

const COMPANY_NAME = gql`
  fragment CompanyName on Company {
    name
    ticker
  }
`;

export const COMPANY = gql`
  query Company($ticker: String!) {
    company(ticker: $ticker) {
      id
      ...CompanyName
      sector
      filings(first: 2, filter: { forms: ["10-K"] }) {
        totalCount
        nodes {
          filedOn
          title
          accessionNumber
        }
      }
    }
  }
  ${COMPANY_NAME}
`;

export const COMPANIES = gql`
  query Companies($first: Int!, $after: String) {
    companies(first: $first, after: $after) {
      totalCount
      nodes {
        id
        ...CompanyName
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
  ${COMPANY_NAME}
`;

export const LARGEST = gql`
  query Largest {
    companies(first: 3, orderBy: { field: MARKET_CAP, direction: DESC }) {
      nodes {
        id
        name
      }
    }
  }
`;
