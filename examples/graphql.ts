/**
 * A GraphQL server. Each resolver asks for one row, and the database is asked once for all of them: what fibers
 * want of a loader in the same round is loaded together. A client that hangs up cancels its query.
 *
 *     node examples/build/graphql.js [port]
 */
import http from "node:http";
import { json } from "node:stream/consumers";
import { buildSchema, graphql } from "graphql";
import {
  type Loader,
  loader,
  main,
  type Routine,
  scope,
  type Scope,
  sleep,
  supervised,
  until,
} from "fibril";
import { listen } from "./support/server.ts";

const schema = buildSchema(`
  type Author { id: Int! name: String! books: [Book!]! }
  type Book { id: Int! title: String! author: Author! }
  type Query { books: [Book!]! }
`);
const BOOKS = Array.from({ length: 100 }, (_, id) => ({ id, title: `Book ${id}`, by: id % 10 }));
const database = { queries: 0 };

function* authorsOf(ids: readonly number[]) {
  database.queries++;
  yield* sleep(2);
  return ids.map((id) => ({ id, name: `Author ${id}` }));
}

function* booksOf(ids: readonly number[]) {
  database.queries++;
  yield* sleep(2);
  return ids.map((id) => BOOKS.filter(({ by }) => by === id));
}

/** The root of one query: its loaders keep nothing for others, and its fibers end with it. */
function root(query: Scope) {
  const authors = loader(authorsOf);
  const books = loader(booksOf);
  const load = <T>(from: Loader<number, T>, id: number) =>
    query.spawn(() => from.load(id)).promise();
  const author = async (id: number) => ({
    ...(await load(authors, id)),
    books: async () => (await load(books, id)).map(book),
  });
  const book = ({ by, ...rest }: (typeof BOOKS)[number]): object => ({
    ...rest,
    author: () => author(by),
  });
  return { books: () => BOOKS.map(book) };
}

function* answer(request: http.IncomingMessage, response: http.ServerResponse): Routine {
  yield* scope(function* (query) {
    response.on("close", () => query.cancel("the client has gone"));
    const { query: source } = (yield* until(json(request))) as { query: string };
    database.queries = 0;
    const result = yield* until(graphql({ schema, source, rootValue: root(query) }));
    response.setHeader("x-database-queries", database.queries);
    response.end(JSON.stringify(result));
  });
}

await main(function* server() {
  yield* supervised(function* (requests) {
    const server = http.createServer((request, response) => {
      requests.spawn("request", answer, request, response);
    });
    yield* listen(server, Number(process.argv[2] ?? 4003));
  });
});
