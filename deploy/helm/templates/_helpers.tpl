{{/* The labels of one component: dict "root" $ "name" "metering" */}}
{{- define "arcadia.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "arcadia.labels" -}}
{{ include "arcadia.selector" . }}
app.kubernetes.io/part-of: arcadia-cloud
app.kubernetes.io/version: {{ .root.Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* The image of a component, by its digest if there is one. */}}
{{- define "arcadia.image" -}}
{{- $digest := get (.root.Values.image.digests | default dict) .name -}}
{{- if $digest -}}
{{ .root.Values.image.registry }}/{{ .name }}@{{ $digest }}
{{- else -}}
{{ .root.Values.image.registry }}/{{ .name }}:{{ .root.Values.image.tag }}
{{- end -}}
{{- end }}

{{/* The servers of NATS as its clients name them. */}}
{{- define "arcadia.natsUrl" -}}
{{- $servers := list -}}
{{- range $index := until 3 -}}
{{- $servers = append $servers (printf "tls://%s-nats-%d.%s-nats:4222" $.Release.Name $index $.Release.Name) -}}
{{- end -}}
{{ join "," $servers }}
{{- end }}

{{- define "arcadia.natsRoutes" -}}
{{- $routes := list -}}
{{- range $index := until 3 -}}
{{- $routes = append $routes (printf "%q" (printf "nats-route://%s-nats-%d.%s-nats:6222" $.Release.Name $index $.Release.Name)) -}}
{{- end -}}
[{{ join ", " $routes }}]
{{- end }}

{{/* Replicas are spread over the nodes as far as there are several. */}}
{{- define "arcadia.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "arcadia.selector" . | nindent 8 }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "arcadia.selector" . | nindent 14 }}
{{- end }}

{{/* What a container may not do. */}}
{{- define "arcadia.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* What every pod needs: the name service. */}}
{{- define "arcadia.dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end }}
{{/* A name server: "10.0.0.2", "10.0.0.2:5353", "fd00::2" or "[fd00::2]:5353" */}}
{{- define "arcadia.toNameServer" -}}
{{- $port := "53" -}}
{{- $address := . -}}
{{- if regexMatch "^(\\[.*\\]|[0-9.]+):[0-9]+$" . -}}
{{- $port = regexFind "[0-9]+$" . -}}
{{- $address = regexReplaceAll ":[0-9]+$" . "" -}}
{{- end -}}
{{- $address = $address | trimPrefix "[" | trimSuffix "]" -}}
- to:
    - ipBlock:
        cidr: {{ $address }}/{{ if contains ":" $address }}128{{ else }}32{{ end }}
  ports:
    - port: {{ $port }}
      protocol: UDP
    - port: {{ $port }}
      protocol: TCP
{{- end }}
{{- define "arcadia.toAddresses" -}}
- to:
    {{- range .addresses }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  ports:
    - port: {{ .port }}
      protocol: TCP
{{- end }}

{{/* What follows the address of Postgres: with an authority, every connection is verified. */}}
{{- define "arcadia.databaseParameters" -}}
{{- $parameters := list -}}
{{- if .Values.database.caSecret -}}
{{- $parameters = append $parameters "sslmode=verify-full&sslrootcert=/run/database/ca.crt" -}}
{{- end -}}
{{- if .Values.database.parameters -}}
{{- $parameters = append $parameters .Values.database.parameters -}}
{{- end -}}
{{- if $parameters }}?{{ join "&" $parameters }}{{ end -}}
{{- end }}

{{- define "arcadia.databaseAuthority" -}}
- name: database-authority
  secret:
    secretName: {{ .Values.database.caSecret }}
    defaultMode: 0444
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
