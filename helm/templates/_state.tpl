{{/* Where state lies, and what follows from it. */}}

{{- define "deskmate.postgresql.host" -}}
{{- if .Values.postgresql.bundled.enabled -}}
{{ include "deskmate.fullname" . }}-postgresql
{{- else -}}
{{ .Values.postgresql.host }}
{{- end -}}
{{- end -}}

{{/* Without the password: the driver reads PGPASSWORD, so that no address holds a secret. */}}
{{- define "deskmate.postgresql.url" -}}
{{- with include "deskmate.postgresql.host" . -}}
{{- $postgresql := $.Values.postgresql -}}
{{- $parameters := ternary "" $postgresql.parameters $postgresql.bundled.enabled -}}
postgresql+asyncpg://{{ $postgresql.user }}@{{ . }}:{{ include "deskmate.postgresql.port" $ }}/{{ $postgresql.database }}
{{- with $parameters }}?{{ . }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "deskmate.postgresql.port" -}}
{{- ternary 5432 (int .Values.postgresql.port) .Values.postgresql.bundled.enabled -}}
{{- end -}}

{{- define "deskmate.qdrant.url" -}}
{{- if .Values.qdrant.bundled.enabled -}}
http://{{ include "deskmate.fullname" . }}-qdrant:6333
{{- else -}}
{{ .Values.qdrant.url }}
{{- end -}}
{{- end -}}

{{/* "true" where the bot's own volume holds state: then there is one process, ever. */}}
{{- define "deskmate.embedded" -}}
{{- if not (and (include "deskmate.postgresql.host" .) (include "deskmate.qdrant.url" .)) -}}true{{- end -}}
{{- end -}}

{{- define "deskmate.replicas" -}}
{{- $usual := ternary 1 2 (eq (include "deskmate.embedded" .) "true") -}}
{{- default $usual .Values.replicas | int -}}
{{- end -}}

{{- define "deskmate.model.url" -}}
http://{{ include "deskmate.fullname" . }}-model:8080/v1
{{- end -}}

{{/* "true" where the language model runs inside the bot's pod. */}}
{{- define "deskmate.model.local" -}}
{{- $generation := default dict .Values.config.generation -}}
{{- $engine := default "auto" $generation.engine -}}
{{- if not (or .Values.modelServer.enabled $generation.base_url (has $engine (list "openai" "extractive"))) -}}true{{- end -}}
{{- end -}}

{{/* The weights that a pod fetches, as words of a command line. */}}
{{- define "deskmate.models.names" -}}
{{- $embedder := default "" (default dict .Values.config.knowledge).embedding_model -}}
{{- $embedders := ternary (list $embedder) (list "e5-small" "use-multilingual") (ne $embedder "") -}}
{{- $generation := default dict .Values.config.generation -}}
{{- $generator := default "qwen2.5-coder-1.5b" $generation.model -}}
{{- $usual := $embedders -}}
{{- if and (eq (include "deskmate.model.local" .) "true") (not (hasPrefix "/" $generator)) -}}
{{- $usual = append $embedders $generator -}}
{{- end -}}
{{- default $usual .Values.models.names | toJson -}}
{{- end -}}

{{/* "true" where a hook can migrate: what it needs is there before the release is. */}}
{{- define "deskmate.migrates.byHook" -}}
{{- $needs := and .Values.migrations.enabled (include "deskmate.postgresql.host" .) -}}
{{- if and $needs (not .Values.postgresql.bundled.enabled) (not .Values.secrets.external.enabled) -}}true{{- end -}}
{{- end -}}

{{- define "deskmate.migrates.byPod" -}}
{{- $needs := and .Values.migrations.enabled (include "deskmate.postgresql.host" .) -}}
{{- if and $needs (ne (include "deskmate.migrates.byHook" .) "true") -}}true{{- end -}}
{{- end -}}

{{/* Names of enabled platforms that are called back over HTTP, as JSON. */}}
{{- define "deskmate.callbacks" -}}
{{- $paths := list -}}
{{- $known := dict "slack" (list "/slack/events") "feishu" (list "/feishu/events" "/feishu/cards") "dingtalk" (list "/dingtalk/robot" "/dingtalk/cards" "/dingtalk/events") -}}
{{- range $platform := list "dingtalk" "feishu" "slack" -}}
{{- $section := default dict (index $.Values.config $platform) -}}
{{- if and $section.enabled (eq (default "http" $section.mode) "http") -}}
{{- $paths = concat $paths (index $known $platform) -}}
{{- end -}}
{{- end -}}
{{- toJson $paths -}}
{{- end -}}

{{- define "deskmate.platforms" -}}
{{- $enabled := list -}}
{{- range $platform := list "dingtalk" "feishu" "slack" -}}
{{- if (default dict (index $.Values.config $platform)).enabled -}}
{{- $enabled = append $enabled $platform -}}
{{- end -}}
{{- end -}}
{{- toJson $enabled -}}
{{- end -}}
