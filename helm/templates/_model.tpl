{{/* The language model server: what differs between llama-server and vLLM. */}}

{{- define "deskmate.model.args" -}}
{{- $server := .Values.modelServer -}}
{{- $path := printf "/weights/%s" (trimPrefix "/" $server.weights.path) -}}
{{- $args := list "--host" "0.0.0.0" "--port" "8080" -}}
{{- if eq $server.kind "vllm" -}}
{{- $args = concat $args (list "--model" (default $path $server.weights.huggingFace) "--served-model-name" $server.model "--max-model-len" (toString (int $server.contextTokens))) -}}
{{- if gt (int $server.gpu.count) 1 -}}
{{- $args = concat $args (list "--tensor-parallel-size" (toString (int $server.gpu.count))) -}}
{{- end -}}
{{- else -}}
{{- $from := ternary (list "--hf-repo" $server.weights.huggingFace) (list "--model" $path) (ne $server.weights.huggingFace "") -}}
{{- /* One context is shared by all that are answered at a time. */ -}}
{{- $context := mul (int $server.contextTokens) (int $server.parallel) | toString -}}
{{- $args = concat $args $from (list "--alias" $server.model "--ctx-size" $context "--parallel" (toString (int $server.parallel)) "--metrics") -}}
{{- if $server.gpu.count -}}
{{- $args = concat $args (list "--n-gpu-layers" "999") -}}
{{- end -}}
{{- end -}}
{{- concat $args $server.args | toJson -}}
{{- end -}}

{{/* Requests and limits, with the GPUs among the limits, where Kubernetes wants them. */}}
{{- define "deskmate.model.resources" -}}
{{- $server := .Values.modelServer -}}
{{- $resources := deepCopy $server.resources -}}
{{- if $server.gpu.count -}}
{{- $limits := merge (dict $server.gpu.resource (int $server.gpu.count)) (default dict $resources.limits) -}}
{{- $_ := set $resources "limits" $limits -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}
