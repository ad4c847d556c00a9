{{/* Names, labels and images. */}}

{{- define "deskmate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Room is left for the longest name of a part, so that none is cut to another one's. */}}
{{- define "deskmate.fullname" -}}
{{- $name := include "deskmate.name" . -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $whole .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects the pods of one part: (dict "root" $ "part" "bot"). */}}
{{- define "deskmate.selector" -}}
app.kubernetes.io/name: {{ include "deskmate.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "deskmate.labels" -}}
{{ include "deskmate.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "deskmate.metadata" -}}
name: {{ include "deskmate.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "deskmate.labels" . | nindent 2 }}
{{- end -}}

{{- define "deskmate.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "deskmate.serviceAccount" -}}
{{- $account := .Values.serviceAccount -}}
{{- default (ternary (include "deskmate.fullname" .) "default" $account.create) $account.name -}}
{{- end -}}
