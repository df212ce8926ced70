// The portal's two services for residents.
import express from "express";

import { plain } from "./plain.js";
import { translate } from "./translate.js";

const app = express();
app.use(express.json());

app.post("/plain", async (request, response) => {
  response.json({ text: await plain(request.body.text) });
});

app.post("/translate", async (request, response) => {
  response.json({ text: await translate(request.body.text, request.body.language) });
});

app.listen(Number(process.env.PORT ?? 8080));
