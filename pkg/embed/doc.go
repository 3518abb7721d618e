// Package embed asks an embedding service for the vectors of texts: any service
// with OpenAI's API (https://platform.openai.com/docs/api-reference/embeddings),
// among them Ollama, vLLM and text-embeddings-inference, or Vertex AI
// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api).
//
// Texts leave the process: the admin who configures a service decides that they may.
package embed
