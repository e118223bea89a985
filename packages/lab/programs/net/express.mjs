/** Express. */
import http from "node:http";
import express from "express";
import { measure } from "#lab/net/bench.js";
import { listening } from "./support/hello.mjs";

await measure({
  http() {
    const app = express();
    app.get("/", (_request, response) => void response.type("text/plain").send("hello"));
    return listening(http.createServer(app));
  },
});
