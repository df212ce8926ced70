// Translates letters of residents, and the answers to them.
import { VertexAI } from "@google-cloud/vertexai";

const cloud = new VertexAI({ project: process.env.PORTAL_PROJECT ?? "citizen-desk", location: "europe-west4" });
const translator = cloud.getGenerativeModel({ model: process.env.TRANSLATE_MODEL ?? "gemini-2.5-flash" });

export async function translate(letter: string, language: string): Promise<string> {
  const request = `Translate into ${language}. Keep names and numbers as they are.\n\n${letter}`;
  const { response } = await translator.generateContent(request);
  return response.candidates?.[0]?.content.parts[0]?.text ?? letter;
}
