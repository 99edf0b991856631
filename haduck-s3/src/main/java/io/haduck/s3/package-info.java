/** The object store on S3 and on servers that speak its protocol. */
@NullMarked
package io.haduck.s3;

import org.jspecify.annotations.NullMarked;
