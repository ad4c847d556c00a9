"""The ports of knowledge on real engines: vector stores, embedders, language models."""
