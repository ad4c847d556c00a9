{{/* What pods of ours have in common. */}}

{{/* (dict "user" 10001) */}}
{{- define "deskmate.pod.security" -}}
runAsNonRoot: true
runAsUser: {{ int .user }}
runAsGroup: {{ int .user }}
fsGroup: {{ int .user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "deskmate.container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* No credentials of the cluster, and no variables named after its services: ours begin with
     DESKMATE_ too. */}}
{{- define "deskmate.pod.closed" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "deskmate.pod.placed" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* PGPASSWORD, where somebody said where the password is. */}}
{{- define "deskmate.env.database" -}}
{{- $external := .Values.secrets.external -}}
{{- if include "deskmate.postgresql.host" . -}}
{{- if and $external.enabled (hasKey $external.remote "postgresql.password") }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "deskmate.fullname" . }}-secrets
      key: postgresql.password
{{- else if .Values.postgresql.password.name }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .Values.postgresql.password.name }}
      key: {{ .Values.postgresql.password.key }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where a secret setting is: {"name": …, "key": …} as JSON, or nothing.
     (dict "root" $ "setting" "slack.bot_token") */}}
{{- define "deskmate.secret" -}}
{{- $secrets := .root.Values.secrets -}}
{{- if and $secrets.external.enabled (hasKey $secrets.external.remote .setting) -}}
{{- dict "name" (printf "%s-secrets" (include "deskmate.fullname" .root)) "key" .setting | toJson -}}
{{- else if hasKey $secrets.keys .setting -}}
{{- dict "name" $secrets.existingSecret "key" (index $secrets.keys .setting) | toJson -}}
{{- end -}}
{{- end -}}

{{- define "deskmate.env" -}}
- name: HOME
  value: /tmp
- name: DESKMATE_MODELS_DIR
  value: {{ include "deskmate.models.folder" . }}
{{- include "deskmate.env.database" . }}
{{- $settings := keys .Values.secrets.keys -}}
{{- if .Values.secrets.external.enabled -}}
{{- $settings = concat $settings (keys .Values.secrets.external.remote) -}}
{{- end }}
{{- range $setting := $settings | uniq | sortAlpha }}
{{- if ne $setting "postgresql.password" }}
- name: DESKMATE_{{ $setting | upper | replace "." "__" }}
  valueFrom:
    secretKeyRef:
      {{- include "deskmate.secret" (dict "root" $ "setting" $setting) | fromJson | toYaml | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "deskmate.models.folder" -}}
{{- ternary "/opt/deskmate/models" "/models" (eq .Values.models.source "image") -}}
{{- end -}}

{{/* Volumes of a pod that runs the bot's code. */}}
{{- define "deskmate.volumes" -}}
- name: config
  configMap:
    name: {{ include "deskmate.fullname" . }}
- name: tmp
  emptyDir:
    sizeLimit: 2Gi
- name: data
{{- if .Values.persistence.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim }}
{{- else if eq (include "deskmate.embedded" .) "true" }}
  persistentVolumeClaim:
    claimName: {{ include "deskmate.fullname" . }}
{{- else }}
  emptyDir:
    sizeLimit: 1Gi
{{- end }}
{{- if eq .Values.models.source "claim" }}
- name: models
  persistentVolumeClaim:
    claimName: {{ .Values.models.claim }}
    readOnly: true
{{- else if and (eq .Values.models.source "pull") (eq (include "deskmate.embedded" .) "true") }}
- name: models
  persistentVolumeClaim:
    claimName: {{ include "deskmate.fullname" . }}-models
{{- else if eq .Values.models.source "pull" }}
- name: models
  emptyDir:
    sizeLimit: {{ .Values.models.size }}
{{- end }}
{{- with .Values.documents.volume }}
- name: documents
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "deskmate.mounts" -}}
- name: config
  mountPath: /etc/deskmate
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: data
  mountPath: /var/lib/deskmate
{{- if ne .Values.models.source "image" }}
- name: models
  mountPath: /models
  readOnly: {{ eq .Values.models.source "claim" }}
{{- end }}
{{- if .Values.documents.volume }}
- name: documents
  mountPath: {{ .Values.documents.mountPath }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The container that fetches weights; what is there already costs nothing. */}}
{{- define "deskmate.pull" -}}
- name: models
  image: {{ include "deskmate.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: {{ concat (list "models" "pull") (include "deskmate.models.names" . | fromJsonArray) | toJson }}
  env:
    - name: HOME
      value: /tmp
    - name: DESKMATE_MODELS_DIR
      value: /models
    {{- with .Values.models.indexUrl }}
    - name: PIP_INDEX_URL
      value: {{ . | quote }}
    {{- end }}
  resources:
    requests: {cpu: 200m, memory: 256Mi}
    limits: {memory: 1Gi}
  securityContext:
    {{- include "deskmate.container.security" . | nindent 4 }}
  volumeMounts:
    - name: models
      mountPath: /models
    - name: tmp
      mountPath: /tmp
{{- end -}}

{{/* What comes before the bot's code runs: weights, and tables where no hook can make them. */}}
{{- define "deskmate.initContainers" -}}
{{- if eq .Values.models.source "pull" }}
{{ include "deskmate.pull" . }}
{{- end }}
{{- if eq (include "deskmate.migrates.byPod" .) "true" }}
- name: migrate
  {{- include "deskmate.migrate" . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The container that brings the tables up to date; it needs the database and nothing else. */}}
{{- define "deskmate.migrate" -}}
image: {{ include "deskmate.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [migrate]
env:
  - name: HOME
    value: /tmp
  - name: DESKMATE_STORAGE__DATABASE_URL
    value: {{ include "deskmate.postgresql.url" . | quote }}
  {{- include "deskmate.env.database" . | nindent 2 }}
resources:
  {{- toYaml .Values.migrations.resources | nindent 2 }}
securityContext:
  {{- include "deskmate.container.security" . | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end -}}
