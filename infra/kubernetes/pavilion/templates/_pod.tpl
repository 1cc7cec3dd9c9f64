{{- /* What all pods have in common. Each part: (dict "root" $ "part" "worker" …) */}}

{{- define "pavilion.podSettings" -}}
automountServiceAccountToken: false
# A Service named pavilion would put PAVILION_PORT into every pod, and what is no setting stops the start.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "pavilion.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- /* The processes' environment: settings by value, secrets by reference. "own" has what this part alone is given. */}}
{{- define "pavilion.env" -}}
{{- $ := .root }}
{{- $values := deepCopy $.Values.settings }}
{{- range $name, $value := .own }}{{ $_ := set $values $name $value }}{{ end }}
{{- range $service, $prefix := dict "pulsar" "PAVILION_TLS__" "redis" "PAVILION_REDIS__TLS_" "scylla" "PAVILION_SCYLLA__TLS_" }}
  {{- $tls := index $.Values.tls $service }}
  {{- if $tls.secret }}
    {{- $_ := set $values (print $prefix "TRUST_PATH") (printf "/etc/pavilion/tls/%s/ca.crt" $service) }}
    {{- if ne $service "redis" }}{{ $_ := set $values (print $prefix "ENABLED") true }}{{ end }}
    {{- if $tls.clientCertificate }}
      {{- $_ := set $values (print $prefix "CERT_PATH") (printf "/etc/pavilion/tls/%s/tls.crt" $service) }}
      {{- $_ := set $values (print $prefix "KEY_PATH") (printf "/etc/pavilion/tls/%s/tls.key" $service) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- range $name, $value := $values }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  {{- /* Numbers come as floats: 1048576 would be written 1.048576e+06. */}}
  value: {{ if and (kindIs "float64" $value) (eq (floor $value) $value) }}{{ int64 $value | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- end }}
{{- range .secrets }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $.Values.secret.name | quote }}, key: {{ . }}, optional: {{ not (has . $.Values.secret.required) }} } }
{{- end }}
{{- end }}

{{- define "pavilion.storeSecrets" -}}
PAVILION_BROKER__TOKEN PAVILION_REDIS__PASSWORD PAVILION_SCYLLA__PASSWORD PAVILION_ENCRYPTION__KEYS PAVILION_TRACING__HEADERS
{{- end }}

{{- define "pavilion.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- range $service := list "pulsar" "redis" "scylla" }}
{{- if (index $.root.Values.tls $service).secret }}
- { name: tls-{{ $service }}, mountPath: /etc/pavilion/tls/{{ $service }}, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{- define "pavilion.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- range $service := list "pulsar" "redis" "scylla" }}
{{- with (index $.root.Values.tls $service).secret }}
- name: tls-{{ $service }}
  secret: { secretName: {{ . | quote }}, defaultMode: 0440 }
{{- end }}
{{- end }}
{{- end }}

{{- /* One pod to a node and as many in each zone, where that can be had. */}}
{{- define "pavilion.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "pavilion.selector" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.part }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- with (index .root.Values .part).nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (index .root.Values .part).tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Memory in MiB as a request and, half as much again, a limit; no limit of the CPU, which would stop the loop. */}}
{{- define "pavilion.resources" -}}
{{- if .given }}{{ toYaml .given }}{{ else -}}
requests: { cpu: {{ .cpu }}, memory: {{ .mebibytes }}Mi }
limits: { memory: {{ div (mul .mebibytes 3) 2 }}Mi }
{{- end }}
{{- end }}

{{- /* A pod of a Job that runs one command: (dict "root" $ "part" "cleanup" "arguments" (list …) "secrets" (list …)) */}}
{{- define "pavilion.jobPod" -}}
metadata:
  labels:
    {{- include "pavilion.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
spec:
  {{- include "pavilion.podSettings" .root | nindent 2 }}
  {{- with .account }}
  serviceAccountName: {{ . }}
  {{- end }}
  restartPolicy: Never
  containers:
    - name: {{ .part }}
      image: {{ include "pavilion.image" (list .root "") | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{ .arguments | toJson }}
      {{- include "pavilion.containerSecurity" . | nindent 6 }}
      env:
        {{- include "pavilion.env" . | nindent 8 }}
      {{- with .envFrom }}
      envFrom:
        - secretRef: { name: {{ . | quote }} }
      {{- end }}
      resources:
        {{- include "pavilion.resources" (dict "cpu" "100m" "mebibytes" 256) | nindent 8 }}
      volumeMounts:
        {{- include "pavilion.mounts" . | nindent 8 }}
        {{- if .claim }}
        - { name: backup, mountPath: /backup }
        {{- end }}
  volumes:
    {{- include "pavilion.volumes" . | nindent 4 }}
    {{- with .claim }}
    - name: backup
      persistentVolumeClaim: { claimName: {{ . | quote }} }
    {{- end }}
{{- end }}
