// Finds earlier letters that resemble a new one, so that the same question gets the same answer.
import { CohereClientV2 } from "cohere-ai";

const client = new CohereClientV2({ token: process.env.CO_API_KEY });

export async function vectors(letters: string[]): Promise<number[][]> {
  const answer = await client.embed({
    model: "embed-multilingual-v3.0",
    texts: letters,
    inputType: "search_document",
    embeddingTypes: ["float"],
  });
  return answer.embeddings.float ?? [];
}
