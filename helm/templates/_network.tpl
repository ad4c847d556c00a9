{{/* Whom pods may speak to. */}}

{{/* Every public address. Clouds hand credentials out at 169.254.169.254. */}}
{{- define "deskmate.peers.public" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
- ipBlock:
    cidr: "::/0"
    except: ["::1/128", "fc00::/7", "fe80::/10"]
{{- end -}}

{{/* What a host may be. A policy knows no names: one outside the cluster may be at any address,
     private ones too, and then the port is what limits. (dict "host" … "given" list) */}}
{{- define "deskmate.peers" -}}
{{- if .given -}}
{{ toYaml .given }}
{{- else if regexMatch "^[0-9]+(\\.[0-9]+){3}$" .host -}}
- ipBlock:
    cidr: {{ .host }}/32
{{- else if regexMatch "^[^.]+$" .host -}}
- podSelector: {}
{{- else if regexMatch "^[^.]+\\.[^.]+\\.svc(\\..+)?$" .host -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ index (splitList "." .host) 1 }}
{{- else -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [169.254.0.0/16]
- ipBlock:
    cidr: "::/0"
    except: ["fe80::/10"]
{{- end -}}
{{- end -}}

{{/* One rule for one port. (dict "peers" text "port" 443) */}}
{{- define "deskmate.to" -}}
- to:
    {{- .peers | nindent 4 }}
  ports:
    - protocol: TCP
      port: {{ int .port }}
{{- end -}}

{{/* A rule out of an address. (dict "url" … "given" list) */}}
{{- define "deskmate.to.url" -}}
{{- $parsed := urlParse .url -}}
{{- $host := $parsed.hostname -}}
{{- $usual := ternary 443 80 (eq $parsed.scheme "https") -}}
{{- $said := regexFind ":[0-9]+$" $parsed.host | trimPrefix ":" -}}
{{- include "deskmate.to" (dict "peers" (include "deskmate.peers" (dict "host" $host "given" .given)) "port" (default $usual $said)) -}}
{{- end -}}

{{/* A rule for a part of this release. (dict "root" $ "part" "qdrant" "port" 6333) */}}
{{- define "deskmate.to.part" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "deskmate.selector" . | nindent 10 }}
  ports:
    - protocol: TCP
      port: {{ int .port }}
{{- end -}}

{{- define "deskmate.to.dns" -}}
- to:
    - namespaceSelector: {}
      podSelector:
        matchLabels:
          k8s-app: kube-dns
    # Where each node has a cache of its own.
    - ipBlock:
        cidr: 169.254.20.10/32
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end -}}

{{- define "deskmate.to.postgresql" -}}
{{- if .Values.postgresql.bundled.enabled }}
{{ include "deskmate.to.part" (dict "root" . "part" "postgresql" "port" 5432) }}
{{- else if .Values.postgresql.host }}
{{ include "deskmate.to" (dict "port" .Values.postgresql.port "peers" (include "deskmate.peers" (dict "host" .Values.postgresql.host "given" .Values.networkPolicy.to.postgresql))) }}
{{- end }}
{{- end -}}

{{- define "deskmate.to.qdrant" -}}
{{- if .Values.qdrant.bundled.enabled }}
{{ include "deskmate.to.part" (dict "root" . "part" "qdrant" "port" 6333) }}
{{- else if .Values.qdrant.url }}
{{ include "deskmate.to.url" (dict "url" .Values.qdrant.url "given" .Values.networkPolicy.to.qdrant) }}
{{- end }}
{{- end -}}

{{- define "deskmate.to.model" -}}
{{- $base := (default dict .Values.config.generation).base_url -}}
{{- if .Values.modelServer.enabled }}
{{ include "deskmate.to.part" (dict "root" . "part" "model" "port" 8080) }}
{{- else if $base }}
{{ include "deskmate.to.url" (dict "url" $base "given" .Values.networkPolicy.to.model) }}
{{- end }}
{{- end -}}

{{- define "deskmate.to.platforms" -}}
{{- $given := .Values.networkPolicy.to.platforms -}}
{{- range $platform := include "deskmate.platforms" . | fromJsonArray }}
{{- with (index $.Values.config $platform).api_base_url }}
{{ include "deskmate.to.url" (dict "url" . "given" $given) }}
{{- end }}
{{- end }}
{{- if include "deskmate.platforms" . | fromJsonArray }}
{{ include "deskmate.to" (dict "port" 443 "peers" (ternary (toYaml $given) (include "deskmate.peers.public" .) (gt (len $given) 0))) }}
{{- end }}
{{- end -}}

{{- define "deskmate.to.index" -}}
{{- if eq .Values.models.source "pull" }}
{{- $given := .Values.networkPolicy.to.packageIndex -}}
{{- if .Values.models.indexUrl }}
{{ include "deskmate.to.url" (dict "url" .Values.models.indexUrl "given" $given) }}
{{- else }}
{{ include "deskmate.to" (dict "port" 443 "peers" (ternary (toYaml $given) (include "deskmate.peers.public" .) (gt (len $given) 0))) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Who may call the bot: nobody, before somebody is asked to. */}}
{{- define "deskmate.callers" -}}
{{- $network := .Values.networkPolicy -}}
{{- $anybody := list (dict "namespaceSelector" dict) -}}
{{- $callers := $network.callbacksFrom -}}
{{- if and .Values.ingress.enabled (not $network.callbacksFrom) -}}
{{- $callers = $anybody -}}
{{- end -}}
{{- $scrapers := $network.metricsFrom -}}
{{- if and .Values.monitoring.serviceMonitor.enabled (not $network.metricsFrom) -}}
{{- $scrapers = $anybody -}}
{{- end -}}
{{- concat $callers $scrapers | uniq | toJson -}}
{{- end -}}
