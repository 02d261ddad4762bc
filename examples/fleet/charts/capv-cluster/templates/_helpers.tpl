{{- /* What a machine's VM looks like. Takes a dict of root and size. */ -}}
{{- define "capv-cluster.vm" -}}
cloneMode: linkedClone
datacenter: {{ .root.Values.vcenter.datacenter }}
datastore: {{ .root.Values.vcenter.datastore }}
diskGiB: {{ .size.diskGiB }}
folder: {{ .root.Values.vcenter.folder }}
memoryMiB: {{ .size.memoryMiB }}
network:
  devices:
    - dhcp4: true
      networkName: {{ .root.Values.vcenter.network }}
numCPUs: {{ .size.cpus }}
os: Linux
powerOffMode: hard
resourcePool: {{ .root.Values.vcenter.resourcePool }}
server: {{ .root.Values.vcenter.server }}
{{- with .root.Values.vcenter.thumbprint }}
thumbprint: {{ . }}
{{- end }}
template: {{ .root.Values.vcenter.templatePrefix }}{{ .root.Values.kubernetesVersion }}
{{- end -}}

{{- /* Machine templates cannot be changed, so each content has a name of its own: a changed VM rolls the machines. */ -}}
{{- define "capv-cluster.vmName" -}}
{{ .root.Release.Name }}-{{ .part }}-{{ include "capv-cluster.vm" . | sha256sum | trunc 8 }}
{{- end -}}

{{- define "capv-cluster.registration" -}}
criSocket: /var/run/containerd/containerd.sock
kubeletExtraArgs:
  - name: cloud-provider
    value: external
name: '{{ "{{ local_hostname }}" }}'
{{- end -}}

{{- define "capv-cluster.boot" -}}
preKubeadmCommands:
  - hostnamectl set-hostname "{{ "{{ ds.meta_data.hostname }}" }}"
  - echo "127.0.0.1 {{ "{{ ds.meta_data.hostname }}" }} localhost" >>/etc/hosts
{{- with .Values.sshKeys }}
users:
  - name: capv
    sudo: ALL=(ALL) NOPASSWD:ALL
    sshAuthorizedKeys:
      {{- toYaml . | nindent 6 }}
{{- end }}
{{- end -}}
