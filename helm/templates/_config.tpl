{{/* deskmate.toml out of `config` and of what the chart knows. */}}

{{/* The whole configuration as JSON: what the chart sets goes into it. */}}
{{- define "deskmate.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "server" (merge (dict "host" "0.0.0.0" "port" 8080) (default dict $config.server)) -}}
{{- $storage := dict "data_dir" "/var/lib/deskmate" "database_url" (include "deskmate.postgresql.url" .) -}}
{{- $_ := set $config "storage" (merge $storage (default dict $config.storage)) -}}
{{- $knowledge := dict "qdrant_url" (include "deskmate.qdrant.url" .) -}}
{{- $_ := set $config "knowledge" (merge $knowledge (default dict $config.knowledge)) -}}
{{- if .Values.modelServer.enabled -}}
{{- $generation := dict "engine" "openai" "base_url" (include "deskmate.model.url" .) "model" .Values.modelServer.model -}}
{{- $_ := set $config "generation" (merge $generation (default dict $config.generation)) -}}
{{- $egress := default dict $config.egress -}}
{{- $inside := default (list "localhost" "127.0.0.0/8" "::1") $egress.inside -}}
{{- $ours := printf "%s-model" (include "deskmate.fullname" .) -}}
{{- $_ := set $config "egress" (merge (dict "inside" (append $inside $ours)) $egress) -}}
{{- end -}}
{{- if .Values.documents.volume -}}
{{- $ingest := default dict $config.ingest -}}
{{- $roots := append (default list $ingest.roots) .Values.documents.mountPath -}}
{{- $_ := set $config "ingest" (merge (dict "roots" (uniq $roots)) $ingest) -}}
{{- end -}}
{{- toJson $config -}}
{{- end -}}

{{- define "deskmate.toml" -}}
# Written by the chart.
{{- range $section, $keys := include "deskmate.config" . | fromJson }}

[{{ $section }}]
{{- range $key, $value := $keys }}
{{- if not (kindIs "invalid" $value) }}
{{ include "deskmate.toml.key" $key }} = {{ include "deskmate.toml.value" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A value as TOML: strings, numbers and booleans are written as in JSON, null is left out. */}}
{{- define "deskmate.toml.value" -}}
{{- if kindIs "map" . -}}
{{- $parts := list -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $parts = append $parts (printf "%s = %s" (include "deskmate.toml.key" $key) (include "deskmate.toml.value" $value)) -}}
{{- end -}}
{{- end -}}
{ {{- join ", " $parts -}} }
{{- else if kindIs "slice" . -}}
{{- $parts := list -}}
{{- range . -}}
{{- $parts = append $parts (include "deskmate.toml.value" .) -}}
{{- end -}}
[{{ join ", " $parts }}]
{{- else -}}
{{ toJson . }}
{{- end -}}
{{- end -}}

{{- define "deskmate.toml.key" -}}
{{- if regexMatch "^[A-Za-z0-9_-]+$" . -}}{{ . }}{{- else -}}{{ toJson . }}{{- end -}}
{{- end -}}
