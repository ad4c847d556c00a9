{{/* What no schema can say: values that do not go together, each with what to do. */}}
{{- define "deskmate.checks" -}}
{{- $embedded := eq (include "deskmate.embedded" .) "true" -}}
{{- $own := "the bot keeps its state in its own volume, which allows one process: give it PostgreSQL (postgresql.host or postgresql.bundled.enabled) and Qdrant (qdrant.url or qdrant.bundled.enabled)" -}}
{{- if and $embedded (gt (int (include "deskmate.replicas" .)) 1) -}}
{{- fail (printf "replicas is %d, but %s, or leave replicas at null" (int .Values.replicas) $own) -}}
{{- end -}}
{{- if and $embedded .Values.autoscaling.enabled -}}
{{- fail (printf "autoscaling.enabled is true, but %s, or turn it off" $own) -}}
{{- end -}}
{{- if and $embedded .Values.ingest.enabled -}}
{{- fail (printf "ingest.enabled is true, but %s; without them an administrator writes `/deskmate ingest` in chat" $own) -}}
{{- end -}}
{{- if and .Values.ingest.enabled (not .Values.documents.volume) -}}
{{- fail "ingest.enabled is true, but documents.volume says nothing of where the documents are" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (not (or .Values.autoscaling.queueDepth .Values.autoscaling.cpuPercent)) -}}
{{- fail "autoscaling.enabled is true, but queueDepth and cpuPercent are both 0: there is nothing to scale by" -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and .Values.secrets.keys (not .Values.secrets.existingSecret) -}}
{{- fail "secrets.keys names keys, but secrets.existingSecret does not say of which Secret" -}}
{{- end -}}
{{- if and .Values.secrets.external.enabled (not .Values.secrets.external.store.name) -}}
{{- fail "secrets.external.enabled is true, but secrets.external.store.name is empty" -}}
{{- end -}}
{{- if and (eq .Values.models.source "claim") (not .Values.models.claim) -}}
{{- fail "models.source is claim, but models.claim is empty" -}}
{{- end -}}
{{- if and .Values.postgresql.host .Values.postgresql.bundled.enabled -}}
{{- fail "postgresql.host and postgresql.bundled.enabled exclude each other" -}}
{{- end -}}
{{- if and .Values.qdrant.url .Values.qdrant.bundled.enabled -}}
{{- fail "qdrant.url and qdrant.bundled.enabled exclude each other" -}}
{{- end -}}
{{- if and .Values.postgresql.bundled.enabled (not (include "deskmate.env.database" . | trim)) -}}
{{- fail "postgresql.bundled.enabled is true: make a Secret with its password and name it in postgresql.password.name" -}}
{{- end -}}
{{- if and .Values.modelServer.enabled (default dict .Values.config.generation).base_url -}}
{{- fail "modelServer.enabled and config.generation.base_url exclude each other: the chart sets the address of its own server" -}}
{{- end -}}
{{- if and .Values.modelServer.enabled (not .Values.modelServer.image) -}}
{{- fail "modelServer.enabled is true: name the image you tried in modelServer.image, of ghcr.io/ggml-org/llama.cpp or docker.io/vllm/vllm-openai" -}}
{{- end -}}
{{- if .Values.modelServer.enabled -}}
{{- $weights := .Values.modelServer.weights -}}
{{- if not (or $weights.huggingFace (and $weights.claim $weights.path)) -}}
{{- fail "modelServer.enabled is true: say where its weights are, modelServer.weights.claim and path, or huggingFace" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled is true, but ingress.host is empty" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not (include "deskmate.callbacks" . | fromJsonArray)) -}}
{{- fail "ingress.enabled is true, but no platform is enabled in mode \"http\": there is nothing to let in" -}}
{{- end -}}
{{- end -}}
