package io.haduck.core.internal.log;

/**
 * What the objects of a log have in common before anything in them is read. See
 * docs/internals/format.md.
 */
final class ObjectLayout {
  /** Of a segment's header, in bytes; stored bytes begin behind it. */
  static final int SEGMENT_HEADER_LENGTH = 56;

  /** Of what every head of a changeset has, without the sections and the digest, in bytes. */
  static final int CHANGESET_FIXED_LENGTH = 232;

  /** No head of a changeset is shorter, in bytes; inline data begins behind it. */
  static final int MIN_CHANGESET_HEAD_LENGTH = CHANGESET_FIXED_LENGTH + Digest.LENGTH;

  private ObjectLayout() {}
}
