/** The socket inside the cluster's own /run. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock'

export interface ContainerdOptions {
  rootFolder: string
  cniConfigFolder: string
  cniPluginFolder: string
  sandboxImage: string
  /** Without CAP_SYS_RESOURCE no sandbox starts unless containerd leaves scores alone that it may not lower. */
  restrictOomScoreAdj: boolean
}

export function renderContainerdConfig(options: ContainerdOptions): string {
  const quote = (text: string): string => JSON.stringify(text)
  return `version = 2
root = ${quote(options.rootFolder)}
state = "/run/containerd"
# opt would make a folder in /opt.
disabled_plugins = ["io.containerd.internal.v1.opt"]

[grpc]
  address = ${quote(CONTAINERD_SOCKET)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${quote(options.sandboxImage)}
  restrict_oom_score_adj = ${options.restrictOomScoreAdj}
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${quote(options.cniPluginFolder)}
    conf_dir = ${quote(options.cniConfigFolder)}
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`
}
