export interface PodName {
  namespace: string
  podName: string
}

/** NAMESPACE_NAME_UID; none of them has an underscore. Of a static pod it is the UID that its cgroup has, too. */
const FOLDER = /^([a-z0-9-]{1,63})_([a-z0-9.-]{1,253})_([0-9a-f-]{32,36})$/

/**
 * The pods of a node by UID, by the folders in which the kubelet keeps their logs: names without asking the cluster.
 * Source: kubernetes pkg/kubelet/kuberuntime/helpers.go, BuildPodLogsDirectory.
 */
export function parsePodFolders(folders: readonly string[]): Map<string, PodName> {
  const names = new Map<string, PodName>()
  for (const folder of folders) {
    const [, namespace, podName, uid] = FOLDER.exec(folder) ?? []
    if (namespace !== undefined && podName !== undefined && uid !== undefined) names.set(uid, { namespace, podName })
  }
  return names
}
