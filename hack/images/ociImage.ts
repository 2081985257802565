import type { Architecture } from '../../test/cluster/host/architecture.ts'
import { describeBlob, jsonBlob, type Blob } from './blob.ts'
import { packTar, type Layer } from './layer.ts'

/** How an image's program is started: the `config` of the OCI image specification, "Image Configuration". */
export interface StartConfig {
  User?: string
  Env?: readonly string[]
  Entrypoint?: readonly string[]
  Cmd?: readonly string[]
  WorkingDir?: string
  Labels?: Readonly<Record<string, string>>
}

/** One platform's image. */
export interface PlatformImage {
  architecture: Architecture
  manifest: Blob
  /** All that the manifest names, and itself. */
  blobs: readonly Blob[]
}

/** @param created RFC 3339 */
export function makePlatformImage(
  architecture: Architecture,
  layers: readonly Layer[],
  config: StartConfig,
  created: string,
): PlatformImage {
  const configBlob = jsonBlob('application/vnd.oci.image.config.v1+json', {
    created,
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  const layerBlobs = layers.map(({ blob }) => blob)
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: describeBlob(configBlob),
    layers: layerBlobs.map(describeBlob),
    annotations: config.Labels,
  })
  return { architecture, manifest, blobs: [...layerBlobs, configBlob, manifest] }
}

/** What a name leads to on every platform: its digest is the image's. */
export function makeIndex(images: readonly PlatformImage[], annotations?: Readonly<Record<string, string>>): Blob {
  return jsonBlob('application/vnd.oci.image.index.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: images.map(({ architecture, manifest }) => ({
      ...describeBlob(manifest),
      platform: { architecture, os: 'linux' },
    })),
    annotations,
  })
}

/** An archive of the OCI image layout, as `ctr images import`, skopeo, podman and docker take it. */
export function packOciArchive(name: string, index: Blob, images: readonly PlatformImage[]): Promise<Buffer> {
  const layout = {
    schemaVersion: 2,
    manifests: [
      {
        ...describeBlob(index),
        annotations: {
          // The whole name for containerd, the tag for the others.
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
        },
      },
    ],
  }
  const blobs = new Map([index, ...images.flatMap(({ blobs }) => blobs)].map((blob) => [blob.digest, blob.content]))
  const file = (path: string, content: Uint8Array) => ({ path, type: 'file', mode: 0o644, content }) as const
  return packTar([
    file('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
    file('index.json', Buffer.from(JSON.stringify(layout))),
    ...Array.from(blobs, ([digest, content]) => file(`blobs/${digest.replace(':', '/')}`, content)),
  ])
}
