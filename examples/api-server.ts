/**
 * An HTTP API with limits and a graceful shutdown: orders in a store that is slow now and then.
 *
 *     node examples/build/api-server.js 8080
 *     curl -d '{"item":"tea","count":2}' localhost:8080/orders
 *     curl localhost:8080/orders/1
 *
 * Ctrl-C stops accepting; requests under way have five seconds.
 */
import { failAfter, main, Semaphore, sleep } from "fibril";
import { HttpError, readJson, replyJson, serve } from "@fibril/node";

interface Order {
  readonly item: string;
  readonly count: number;
}

const orders: Order[] = [];
/** The store takes ten at a time; the others wait in line. */
const store = new Semaphore(10, { name: "store" });

function* save(order: Order) {
  return yield* store.with(function* () {
    yield* sleep(5);
    return orders.push(order);
  });
}

function checked(value: unknown): Order {
  const { item, count } = (value ?? {}) as Partial<Order>;
  if (typeof item !== "string" || !Number.isInteger(count)) {
    throw new HttpError(400, "an order has an item and a count");
  }
  return { item, count: count as number };
}

function* answer(request: Request) {
  const { pathname } = new URL(request.url);
  if (request.method === "POST" && pathname === "/orders") {
    const id = yield* save(checked(yield* readJson(request, { limit: 10_000 })));
    return replyJson({ id }, { status: 201 });
  }
  const order = orders[Number(/^\/orders\/(\d+)$/.exec(pathname)?.[1]) - 1];
  if (order === undefined) throw new HttpError(404);
  return replyJson(order);
}

await main(function* () {
  const options = {
    port: Number(process.argv[2] ?? 0),
    host: "127.0.0.1",
    grace: 5_000,
    idle: 60_000,
  };
  const server = yield* serve(options, (request) => failAfter(2_000, () => answer(request)));
  console.log(`listening at ${server.url}`);
});
