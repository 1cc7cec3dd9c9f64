{{- define "pavilion.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "pavilion.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pavilion.labels" -}}
{{ include "pavilion.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- /* The image, with the tag of one part if it has its own: (list $ .Values.worker.tag) */}}
{{- define "pavilion.image" -}}
{{- $ := index . 0 }}{{ $tag := index . 1 }}{{ $image := $.Values.image }}
{{- if $tag }}{{ $image.repository }}:{{ $tag }}
{{- else if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ $image.tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
